// The story as three people live it: the alert that fires while it is told, the case that is answered, the trend behind it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, openPage, startBrowser, startDemo, stopDemo } from "./support.mjs";

/** The whole day in about two minutes. */
const SPEED = 240;
/** Two thirds of it pass before the bad buzz begins. */
const ALERT_MS = 150_000;

let demo, browser, session;

before(async () => {
  demo = await startDemo(SPEED);
  browser = await startBrowser();
  session = await logIn(browser, demo);
});

after(async () => {
  await browser?.close();
  if (demo) assert.equal(await stopDemo(demo), 0, "Ctrl-C ends the demo cleanly");
});

test("mentions arrive live, with tags, without a reload", async () => {
  const { page, faults, close } = await openPage(browser, demo, session, "/");
  await page.waitForSelector("#live-state[data-state=on]");
  const first = await page.locator("#mentions > li").first().getAttribute("id");
  await page.waitForFunction((id) => document.querySelector("#mentions > li")?.id !== id, first, { timeout: 60_000 });
  assert.ok(await page.locator("#mentions .chip[class*=emotion-]").count() > 0, "tags are shown");
  assert.deepEqual(faults, []);
  await close();
});

test("a login link works once", async () => {
  const context = await browser.newContext({ locale: "fr-FR" });
  const page = await context.newPage();
  await page.goto(demo.login);
  await page.locator("form button.primary").first().click();
  await page.waitForSelector("[role=alert]");
  await context.close();
});

test("the inbox: take a case, answer it, and nobody else can take it", async () => {
  const { page, faults, close } = await openPage(browser, demo, session, "/inbox");
  const waiting = page.locator("#cases > .case");
  await waiting.first().waitFor();
  const id = await waiting.first().getAttribute("id");
  const one = page.locator(`#${id}`);
  const stale = await openPage(browser, demo, session, "/inbox");
  await one.locator("form[action$='/assign'] button").click();
  await one.locator(".case-status-assigned").waitFor();
  // A second window still shows the case as it was: its revision is too old.
  const elsewhere = stale.page.locator(`#${id}`);
  if (await elsewhere.locator("form[action$='/assign']").count() > 0) {
    await elsewhere.locator("form[action$='/assign'] button").click();
    await elsewhere.locator("[role=alert], .case-status-assigned").first().waitFor();
  }
  await stale.close();
  await one.locator("details[data-key=r] > summary").click();
  await one.locator("textarea[name=text]").fill("Bonjour, je regarde votre dossier et je reviens vers vous avant midi. Claire");
  await one.locator("input[name=url]").fill("https://social.example/reponse/1");
  await one.locator("form[action$='/answer'] button").click();
  await one.locator(".case-status-answered").waitFor();
  assert.ok(await one.locator(".quote.answer").count() > 0);
  assert.deepEqual(faults.filter((fault) => !fault.includes("409")), []);
  await close();
});

test("the inbox works from the keyboard", async () => {
  const { page, close } = await openPage(browser, demo, session, "/inbox");
  await page.locator("#cases > .case").first().waitFor();
  await page.keyboard.press("j");
  assert.match(await page.evaluate(() => document.activeElement.id), /^case-\d+$/);
  await page.keyboard.press("?");
  await page.locator("dialog[open]").waitFor();
  await page.keyboard.press("Escape");
  await close();
});

test("search finds with the query language, and says where a query is wrong", async () => {
  const { page, close } = await openPage(browser, demo, session, "/search");
  await page.fill("#q", "colis AND NOT lang:en");
  await page.keyboard.press("Enter");
  await page.locator(".mentions mark").first().waitFor();
  await page.fill("#q", "(colis OR");
  await page.keyboard.press("Enter");
  await page.locator("#problem").waitFor();
  await close();
});

test("trends draw the history, with a table behind each chart", async () => {
  const { page, faults, close } = await openPage(browser, demo, session, "/trends?period=30d");
  await page.locator("#emotions canvas").waitFor();
  await page.locator("#volume canvas").waitFor();
  const rows = await page.locator("#trends-table tbody tr").count();
  assert.ok(rows >= 10, `${rows} rows`);
  assert.deepEqual(faults, []);
  await close();
});

test("the alert fires while the story is told, explains itself, and is acknowledged and resolved", { timeout: ALERT_MS + 30_000 }, async () => {
  const { page, faults, close } = await openPage(browser, demo, session, "/");
  const incident = page.locator("#incidents article.incident").first();
  await incident.waitFor({ timeout: ALERT_MS });
  assert.doesNotMatch(demo.output(), /The story is told/, "early: before the story ends");
  assert.match(await incident.locator(".incident-why").innerText(), /\d+/);
  assert.ok((await incident.locator("h3").innerText()).includes("Colisio"));
  await page.screenshot({ path: new URL("screenshots/alert.png", import.meta.url).pathname });
  const id = await incident.getAttribute("id");
  await page.locator(`#${id} form[action$='/acknowledge'] button`).click();
  await page.locator(`#${id}.status-acknowledged`).waitFor();
  await page.locator(`#${id} form[action$='/resolve'] button`).click();
  await page.locator(`#${id}`).waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await close();
});
