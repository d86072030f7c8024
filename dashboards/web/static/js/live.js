// One EventSource per page, and the words that say how it is doing.

const badge = document.getElementById("live-state");

function show(state) {
  if (!badge) return;
  badge.hidden = false;
  badge.dataset.state = state;
  badge.querySelector(".live-words").textContent = badge.dataset[state] ?? "";
}

/**
 * Listens to `address`. `handlers` maps event names to functions of the event's data. `missed` is called when events may
 * have been lost: after a reconnection, or when the server says so. The page then loads again what it shows.
 */
export function listen(address, handlers, missed) {
  let source;
  let wasOpen = false;

  function open() {
    show("connecting");
    source = new EventSource(address);
    source.addEventListener("open", () => {
      show("on");
      if (wasOpen) missed();
      wasOpen = true;
    });
    source.addEventListener("error", () => {
      show("lost");
      // The browser tries again by itself, except after a refusal: then the session is over, or the server is away.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 15_000);
    });
    source.addEventListener("reload", missed);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(event.data));
    }
  }

  // A page in the back-forward cache keeps no connection.
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  open();
}

/** Calls `work` once things have been quiet for `pause` milliseconds, and at the latest after ten pauses. */
export function calmly(work, pause = 400) {
  let timer;
  let since = 0;
  return () => {
    since ||= Date.now();
    clearTimeout(timer);
    const wait = Date.now() - since > pause * 10 ? 0 : pause;
    timer = setTimeout(() => { since = 0; work(); }, wait);
  };
}

/** Loads the current page again and returns it as a document; none if that fails. */
export async function fetchPage(address = location.href) {
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" } });
    if (response.redirected) location.reload();
    return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}
