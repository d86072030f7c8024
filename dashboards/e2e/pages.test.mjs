// Every page in every look: readable by everybody, within the screen, without a script error.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LOOKS, logIn, openPage, overflows, startBrowser, startDemo, stopDemo, violations } from "./support.mjs";

const PAGES = ["/", "/trends", "/inbox", "/search", "/search?q=colis", "/search?q=(colis", "/nothing-here"];
const SCREENSHOTS = fileURLToPath(new URL("screenshots/", import.meta.url));

let demo, browser, session;

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  demo = await startDemo(20_000);
  browser = await startBrowser();
  session = await logIn(browser, demo);
});

after(async () => {
  await browser?.close();
  if (demo) assert.equal(await stopDemo(demo), 0, "Ctrl-C ends the demo cleanly");
});

for (const path of PAGES) {
  for (const look of LOOKS) {
    for (const [theme, language] of [["light", "fr"], ["dark", "en"]]) {
      test(`${path} on ${look.name}, ${theme}, ${language}`, async () => {
        const { page, faults, close } = await openPage(browser, demo, session, path, { ...look, theme, language });
        await page.waitForLoadState("load");
        assert.deepEqual(await violations(page), []);
        assert.equal(await overflows(page), false, "wider than the screen");
        assert.equal(await page.getAttribute("html", "lang"), language);
        const name = `${path.replace(/\W+/g, "-")}-${look.name}-${theme}-${language}.png`;
        await page.screenshot({ path: SCREENSHOTS + name });
        // The browser itself reports the status of a page that does not exist.
        const own = faults.filter((fault) => !fault.includes("404") && !fault.includes("400"));
        assert.deepEqual(own, []);
        await close();
      });
    }
  }
}

for (const look of LOOKS) {
  for (const [theme, language] of [["light", "fr"], ["dark", "en"]]) {
    test(`why a mention has its tags on ${look.name}, ${theme}, ${language}`, async () => {
      const { page, faults, close } = await openPage(browser, demo, session, "/search?q=colis", { ...look, theme, language });
      await page.click("a[data-why]");
      await page.waitForSelector(".why-body .reason mark");
      assert.equal(await page.getAttribute("a[data-why]", "aria-expanded"), "true");
      assert.deepEqual(await violations(page), []);
      assert.equal(await overflows(page), false, "wider than the screen");
      await page.screenshot({ path: `${SCREENSHOTS}why-${look.name}-${theme}-${language}.png` });
      await page.click("a[data-why]");
      assert.equal(await page.locator(".why-body").count(), 0);
      assert.deepEqual(faults, []);
      await close();
    });
  }
}

test("the login page", async () => {
  const { page, close } = await openPage(browser, demo, undefined, "/login");
  assert.deepEqual(await violations(page), []);
  await page.fill("[name=name]", "demo");
  await page.fill("[name=password]", "certainly wrong");
  await page.click("form[action='/login'] button");
  await page.waitForSelector("[role=alert]");
  await close();
});
