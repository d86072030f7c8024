// What every page does: forms that send themselves, times that stay true.

import { fetchPage } from "./live.js";

const language = document.documentElement.lang;

/** Hides the buttons that are only needed without scripts. */
for (const button of document.querySelectorAll(".no-script")) button.hidden = true;

for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.phone-menu[open]")) menu.open = false;
});

/** Opens and closes, below a mention, the reasons for its tags; without scripts the link leads to a page of its own. */
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-why]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const foot = link.parentElement;
  const open = foot.querySelector(".why-body");
  link.setAttribute("aria-expanded", String(!open));
  if (open) return open.remove();
  const body = document.createElement("div");
  body.className = "why-body";
  body.setAttribute("role", "status");
  body.textContent = "…";
  foot.append(body);
  const page = await fetchPage(link.href);
  if (!body.isConnected) return;
  // Where it cannot be fetched, its own page says what is wrong.
  if (!page) return location.assign(link.href);
  body.replaceChildren(...page.getElementById("why-body").children);
});

/** A length of time in the same words as the server's: at most two units. */
export function duration(seconds) {
  const minutes = Math.max(Math.floor(seconds / 60), 0);
  const hours = Math.floor(minutes / 60);
  if (minutes < 60) return `${Math.max(minutes, 1)} min`;
  if (hours >= 24) return `${Math.floor(hours / 24)} ${language === "fr" ? "j" : "d"}`;
  if (hours >= 6 || minutes % 60 === 0) return `${hours} h`;
  return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
}

/** How long ago a moment was, while it was less than a day ago. */
function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  if (seconds < 60) return language === "fr" ? "à l’instant" : "just now";
  if (seconds >= 24 * 3600) return null;
  return language === "fr" ? `il y a ${duration(seconds)}` : `${duration(seconds)} ago`;
}

export function refreshTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const words = ago(Date.parse(time.dateTime));
    if (words && time.textContent !== words) time.textContent = words;
  }
}

setInterval(() => refreshTimes(), 30_000);
