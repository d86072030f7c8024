// The trends: two charts, and a page that follows what comes in.

import { fetchPage, listen } from "./live.js";

const trends = document.getElementById("trends");
const { zone, stream, source, day, failed } = trends.dataset;
// Days before months, as the server writes them.
const language = document.documentElement.lang.replace("en", "en-GB");
const emotions = ["anger", "exasperation", "annoyance", "frustration", "disappointment"];
const names = Object.fromEntries(emotions.map((emotion) => [
  emotion, document.querySelector(`#legend .emotion-${emotion} > span`).textContent,
]));
const keys = [...document.querySelectorAll(".key")].map((key) => key.textContent.trim());

const number = new Intl.NumberFormat(language);
const format = (options) => new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
const hourAndMinute = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const hour = new Intl.DateTimeFormat("en", { timeZone: zone, hour: "numeric", hourCycle: "h23" });
const dayAndMonth = format({ day: "numeric", month: "short" });
const wholeDay = format({ weekday: "long", day: "numeric", month: "long" });
// Swedish writes dates as the query language does.
const machineDay = new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

let data;
let charts = [];

/** Seconds. */
const step = () => (data.bucket === "day" ? 86_400 : 3600);
const begins = (point) => Date.parse(point.at) / 1000;
/** The share of a step that its bar takes. */
const BAR = 0.82;

/** Where the axis has its marks: as many as there is room for, under the middle of days, at the beginning of even hours. */
function places(chart) {
  const room = Math.max(1, Math.floor(chart.width / 72));
  const every = Math.ceil(data.points.length / room);
  if (data.bucket === "day") {
    // Counted from the last day, which is the one that readers look for.
    const shown = data.points.filter((_, index) => (data.points.length - 1 - index) % every === 0);
    return shown.map((point) => begins(point) + (BAR / 2) * step());
  }
  const hours = [1, 2, 3, 4, 6, 12, 24, 48].find((hours) => hours >= every) ?? 24 * Math.ceil(every / 24);
  const even = data.points.filter((point) => Number(hour.format(new Date(point.at))) % Math.min(hours, 24) === 0);
  return even.filter((_, index) => hours <= 24 || index % (hours / 24) === 0).map(begins);
}

/** What the axis says at each of its marks: the day where it begins, the hour elsewhere. */
function marks(moments) {
  return moments.map((moment) => {
    const date = new Date(moment * 1000);
    const time = hourAndMinute.format(date);
    return data.bucket === "day" || time === "00:00" ? dayAndMonth.format(date) : time;
  });
}

/** What is stacked is drawn from the whole down to its first part, each over the one before. */
function stacked(points) {
  const columns = emotions.map(() => []);
  for (const point of points) {
    let sum = 0;
    emotions.forEach((emotion, index) => {
      sum += point.emotions[emotion] ?? 0;
      columns[index].push(sum);
    });
  }
  return columns.reverse();
}

function columnsOf(kind) {
  const at = data.points.map(begins);
  if (kind === "emotions") return [at, ...stacked(data.points)];
  return [at, data.points.map((point) => point.mentions), data.points.map((point) => point.complaints)];
}

function readout(kind, point) {
  const begin = new Date(point.at);
  const when = data.bucket === "day" ? wholeDay.format(begin) : `${wholeDay.format(begin)}, ${hourAndMinute.format(begin)}`;
  const counts = kind === "emotions"
    ? emotions.filter((emotion) => point.emotions[emotion] > 0).map((emotion) => [names[emotion], point.emotions[emotion]])
    : [[keys[0], point.mentions], [keys[1], point.complaints]];
  return [when, ...counts.map(([name, count]) => `${name} ${number.format(count)}`)].join(" · ");
}

function draw(kind) {
  const place = document.getElementById(kind);
  const words = place.parentElement.querySelector(".chart-readout");
  const bars = uPlot.paths.bars({ size: [BAR, 72, 1], align: 1, radius: 0.08 });
  const colours = kind === "emotions"
    ? emotions.map((emotion) => `--emotion-${emotion}`).reverse()
    : ["--chart-mentions", "--chart-complaints"];
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--text-3"), grid, ticks: { show: false }, font: `12px ${getComputedStyle(document.body).fontFamily}` };
  const chart = new uPlot({
    width: place.clientWidth,
    height: place.clientHeight,
    tzDate: (moment) => uPlot.tzDate(new Date(moment * 1000), zone),
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false, sync: { key: "trends" } },
    scales: {
      x: { time: true, range: () => [begins(data.points[0]), begins(data.points.at(-1)) + step()] },
      y: { range: (_, __, most) => [0, Math.max(most * 1.08, 4)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 28, splits: places, values: (_, moments) => marks(moments) },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 100_000], values: (_, counts) => counts.map((count) => number.format(count)) },
    ],
    series: [{}, ...colours.map((name) => ({ fill: colour(name), stroke: colour(name), width: 0, paths: bars, points: { show: false } }))],
    hooks: {
      setCursor: [(self) => {
        const moment = self.cursor.left < 0 ? NaN : self.posToVal(self.cursor.left, "x");
        const point = data.points.findLast((point) => begins(point) <= moment);
        words.textContent = point ? readout(kind, point) : "";
      }],
      ready: [(self) => self.over.addEventListener("click", () => {
        const moment = self.posToVal(self.cursor.left, "x");
        location.assign(day.replaceAll("DAY", machineDay.format(new Date(moment * 1000))));
      })],
    },
  }, columnsOf(kind), place);
  return { kind, place, chart };
}

async function load() {
  try {
    const response = await fetch(source, { headers: { Accept: "application/json" } });
    if (!response.ok) return false;
    data = await response.json();
    return data.points.length > 0;
  } catch {
    return false;
  }
}

function drawAll() {
  for (const { chart } of charts) chart.destroy();
  charts = ["volume", "emotions"].map(draw);
}

const sizes = new ResizeObserver(() => {
  for (const { place, chart } of charts) chart.setSize({ width: place.clientWidth, height: place.clientHeight });
});

if (await load()) {
  drawAll();
  for (const { place } of charts) sizes.observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
} else {
  for (const place of document.querySelectorAll(".chart")) {
    place.classList.add("chart-failed");
    place.textContent = failed;
  }
}

// New mentions move the page, softly: at most every five seconds, and not while nobody looks.

const PAUSE = 5000;
let waiting = null;

async function refresh() {
  waiting = null;
  if (document.hidden) {
    document.addEventListener("visibilitychange", announce, { once: true });
    return;
  }
  const page = await fetchPage();
  for (const id of ["trend-figures", "legend", "trends-table", "trends-columns"]) {
    const loaded = page?.getElementById(id);
    const shown = document.getElementById(id);
    // What somebody is reading with the keyboard is not taken from under them.
    if (loaded && !shown.contains(document.activeElement)) shown.replaceChildren(...loaded.childNodes);
  }
  if (page?.getElementById("trend-figures") && !page.getElementById("trends-empty")) document.getElementById("trends-empty")?.remove();
  if (charts.length > 0 && await load()) {
    for (const { kind, chart } of charts) chart.setData(columnsOf(kind));
  }
}

function announce() {
  waiting ??= setTimeout(refresh, PAUSE);
}

listen(stream, { mention: announce, "mention-removed": announce }, announce);
