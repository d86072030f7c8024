// What the browser tests share: the demo as a server, a browser, pages in every look.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = process.env.VIGIE_PROGRAM ?? `${ROOT}target/debug/vigie`;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The program loads a model and an engine first; on a busy machine that takes a while. */
const START_MS = 120_000;

export const LOOKS = [
  { name: "desktop", width: 1280, height: 900 },
  { name: "phone", width: 390, height: 844 },
];

/** Starts `vigie demo` on a free port and waits for its login link. */
export async function startDemo(speed) {
  assert.ok(existsSync(PROGRAM), `${PROGRAM} is missing; run cargo build`);
  const demo = spawn(PROGRAM, ["demo", "--port", "0", "--speed", String(speed)], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const login = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the demo gave no login link in time:\n${output}`)), START_MS);
    const read = (chunk) => {
      output += chunk;
      const link = output.match(/https?:\S+\/login\?token=\S+/);
      if (link) { clearTimeout(timer); resolve(link[0]); }
    };
    demo.stdout.on("data", read);
    demo.stderr.on("data", read);
    demo.on("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${output}`)));
  });
  return { login, base: new URL(login).origin, process: demo, output: () => output };
}

/** Ends the demo the way Ctrl-C does; returns its exit code. */
export async function stopDemo(demo) {
  if (demo.process.exitCode !== null) return demo.process.exitCode;
  const ended = new Promise((resolve) => demo.process.once("exit", resolve));
  demo.process.kill("SIGINT");
  return await ended;
}

export function startBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    env: { ...process.env, LANG: "fr_FR.UTF-8" },
  });
}

/** Uses the one-time link up; returns the cookies that other pages log in with. */
export async function logIn(browser, demo) {
  const context = await browser.newContext({ locale: "fr-FR" });
  const page = await context.newPage();
  await page.goto(demo.login);
  await page.locator("main form button, form button.primary").first().click();
  await page.waitForSelector("#mentions");
  const state = await context.storageState();
  await context.close();
  return state;
}

/**
 * A page in one look. It fails the test on any script error, and on anything the content security policy refused.
 */
export async function openPage(browser, demo, session, path, { width = 1280, height = 900, language = "fr", theme = "light" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height }, storageState: session, locale: language, timezoneId: "Europe/Paris",
    isMobile: width < 600, hasTouch: width < 600,
  });
  await context.addCookies([
    { name: "vigie_language", value: language, url: demo.base },
    { name: "vigie_theme", value: theme, url: demo.base },
  ]);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  await page.goto(demo.base + path);
  return { page, faults, close: () => context.close() };
}

/** Every violation that axe finds, as lines to read. */
export async function violations(page) {
  // Through the debugger, which the page's policy does not bind.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, {}));
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
}

/** Whether the page is wider than the screen. */
export function overflows(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
}
