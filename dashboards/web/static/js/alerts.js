// The alerts page: incidents and mentions as they come.

import { refreshTimes } from "./app.js";
import { calmly, fetchPage, listen } from "./live.js";

const MOST = 200;
const feed = document.getElementById("feed");
const list = document.getElementById("mentions");
const empty = document.getElementById("feed-empty");
const fresh = document.getElementById("fresh");
const incidents = document.getElementById("incidents");

/** Items held back while the reader is busy, oldest first, by element id. */
const waiting = new Map();
let hovered = false;

const isReading = () => hovered || list.getBoundingClientRect().top < 0 || list.contains(document.activeElement);

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function trim() {
  while (list.childElementCount > MOST) list.lastElementChild.remove();
  empty.hidden = list.childElementCount > 0;
}

function showWaiting() {
  for (const item of waiting.values()) {
    item.classList.add("arrived");
    list.prepend(item);
  }
  waiting.clear();
  fresh.hidden = true;
  trim();
  refreshTimes(list);
}

function announceWaiting() {
  const count = waiting.size;
  fresh.hidden = count === 0;
  const words = count === 1 ? fresh.dataset.one : fresh.dataset.many.replace("#", count.toLocaleString(document.documentElement.lang));
  fresh.querySelector("span").textContent = words;
}

function receive(html) {
  const item = parse(html);
  if (!item) return;
  const shown = document.getElementById(item.id);
  if (shown) {
    // A later version of something on the page stays where it is.
    shown.replaceWith(item);
    return;
  }
  waiting.delete(item.id);
  waiting.set(item.id, item);
  if (waiting.size > MOST) waiting.delete(waiting.keys().next().value);
  if (isReading()) announceWaiting();
  else showWaiting();
}

function remove(id) {
  waiting.delete(id);
  document.getElementById(id)?.remove();
  announceWaiting();
  trim();
}

const reloadIncidents = calmly(async () => {
  const page = await fetchPage(incidents.dataset.source);
  const loaded = page?.getElementById("incidents");
  if (!loaded) return;
  const open = [...incidents.querySelectorAll("article:has(details[open])")].map((article) => article.id);
  incidents.replaceChildren(...loaded.childNodes);
  for (const id of open) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
});

const reloadAll = calmly(async () => {
  const page = await fetchPage();
  if (!page) return;
  waiting.clear();
  announceWaiting();
  list.replaceChildren(...page.getElementById("mentions").childNodes);
  incidents.replaceChildren(...page.getElementById("incidents").childNodes);
  trim();
}, 1500);

fresh.addEventListener("click", () => {
  showWaiting();
  feed.scrollIntoView({ block: "start" });
});
list.addEventListener("pointerenter", (event) => { hovered = event.pointerType === "mouse"; });
list.addEventListener("pointerleave", () => {
  hovered = false;
  if (!isReading()) showWaiting();
});
addEventListener("scroll", () => { if (waiting.size > 0 && !isReading()) showWaiting(); }, { passive: true });

listen(feed.dataset.stream, { mention: receive, "mention-removed": remove, incident: reloadIncidents }, reloadAll);
