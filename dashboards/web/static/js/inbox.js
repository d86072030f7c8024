// The inbox: clocks that go on, keys, and what colleagues do meanwhile. Actions themselves are forms that htmx sends.

import { duration, refreshTimes } from "./app.js";
import { calmly, fetchPage, listen } from "./live.js";

const list = document.getElementById("cases");
const notice = document.getElementById("notice");
const fresh = document.getElementById("fresh");
const keys = document.getElementById("keys");
const rows = () => [...list.querySelectorAll(".case")];
const rowOf = (id) => document.getElementById(`case-${id}`);

// Clocks.

function refreshClocks(root = list) {
  const now = Date.now();
  for (const clock of root.querySelectorAll(".clock[data-due]")) {
    const since = Date.parse(clock.dataset.since);
    const due = Date.parse(clock.dataset.due);
    const used = (now - since) / Math.max(due - since, 1);
    const state = now > due ? "late" : used >= 0.75 ? "soon" : "running";
    clock.className = `clock clock-${state}`;
    clock.querySelector(".clock-figure").textContent = duration((now - since) / 1000);
    const words = now > due ? list.dataset.overdue : list.dataset.left;
    clock.querySelector(".clock-words").textContent = words.replace("#", duration(Math.abs(due - now) / 1000));
    clock.querySelector("rect").setAttribute("width", `${Math.min(Math.round(used * 100), 100)}%`);
  }
}
setInterval(refreshClocks, 20_000);

// What the answers of htmx bring.

document.addEventListener("htmx:after:request", () => { notice.textContent = ""; });
document.addEventListener("htmx:error", () => { notice.textContent = notice.dataset.offline; });
document.addEventListener("htmx:after:swap", (event) => {
  refreshClocks();
  refreshTimes(list);
  const row = event.target.closest?.(".case") ?? rowOf(busy);
  busy = null;
  // The history below has one more entry.
  if ("reloadAfterChange" in list.dataset && !row?.querySelector(".notice")) location.reload();
  row?.focus({ preventScroll: true });
});

/** The case whose form is on its way: its row is replaced by the answer, and keeps the focus. */
let busy = null;
document.addEventListener("htmx:before:request", (event) => {
  busy = event.target.closest(".case")?.dataset.id ?? null;
});

// Keys. They belong to the list only while nobody types.

function current() {
  return document.activeElement?.closest?.(".case") ?? null;
}

function move(step) {
  const all = rows();
  const from = all.indexOf(current());
  const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(from + step, 0), all.length - 1);
  all[to]?.focus();
  all[to]?.scrollIntoView({ block: "nearest" });
}

/** Presses the button, or opens the form, that a key stands for. */
function act(key) {
  const row = current() ?? (rows().length === 1 ? rows()[0] : null);
  const target = row?.querySelector(`[data-key="${key}"]`);
  if (!target) return;
  if (target.matches("form")) {
    target.requestSubmit();
    return;
  }
  target.open = true;
  target.querySelector("textarea, input:not([type=hidden])")?.focus();
}

const commands = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  a: () => act("a"),
  r: () => act("r"),
  c: () => act("c"),
  o: () => current()?.querySelector("a.original")?.click(),
  Enter: () => current()?.querySelector("a.case-link")?.click(),
  "?": () => keys.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  const form = event.target.closest("details.act[open]");
  if (event.key === "Escape" && form) {
    form.open = false;
    form.closest(".case").focus();
    return;
  }
  const types = event.target.closest("input, textarea, select, [contenteditable]");
  const presses = event.target.closest("a, button, summary") && event.key === "Enter";
  const scrolls = event.key.startsWith("Arrow") && !current();
  const command = commands[event.key];
  if (types || presses || scrolls || !command) return;
  event.preventDefault();
  command();
});

for (const button of document.querySelectorAll("[data-opens]")) {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
}
keys.addEventListener("click", (event) => { if (event.target === keys) keys.close(); });

// Only one form of a row is open at a time.
list.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.act[open]")) return;
  for (const other of event.target.closest(".case").querySelectorAll("details.act[open]")) {
    if (other !== event.target) other.open = false;
  }
}, true);

// What colleagues and the pipeline do.

const unseen = new Set();

function announce() {
  fresh.hidden = unseen.size === 0;
  const count = unseen.size.toLocaleString(document.documentElement.lang);
  fresh.querySelector("span").textContent = unseen.size === 1 ? fresh.dataset.one : fresh.dataset.many.replace("#", count);
}

const refreshCounts = calmly(async () => {
  const page = await fetchPage();
  for (const id of ["inbox-counts", "nav-badge"]) {
    const loaded = page?.getElementById(id);
    if (loaded) document.getElementById(id).replaceChildren(...loaded.childNodes);
  }
}, 1000);

function receive(data) {
  const { id, status, revision } = JSON.parse(data);
  const row = rowOf(id);
  if (!row) {
    if (status === "new" && list.dataset.stream) unseen.add(id);
    announce();
    refreshCounts();
    return;
  }
  // What the reader writes is not taken away: their form will be told, and keeps the text.
  const isWriting = [...row.querySelectorAll("textarea:not([readonly]), input:not([type=hidden])")].some((field) => field.value);
  if (Number(row.dataset.revision) >= revision || busy === String(id) || isWriting) return;
  const hadFocus = row.contains(document.activeElement);
  htmx.ajax("GET", `/inbox/${id}/row`, { target: row, swap: "outerHTML" }).then(() => {
    refreshClocks();
    if (hadFocus) rowOf(id)?.focus({ preventScroll: true });
  });
}

if (list.dataset.stream) {
  fresh.addEventListener("click", () => location.reload());
  listen(list.dataset.stream, { case: receive }, calmly(() => location.reload(), 1500));
}
