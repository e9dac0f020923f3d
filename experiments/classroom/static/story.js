// How every table's game was: a dot on the cloud, four headlines, the chart with its turning points, and why.
import { link } from "./address.js";
import { ask } from "./api.js";
import { DYADS, DYAD_COLOURS, bloc, dyad } from "./blocs.js";
import { h, isWall, put, s } from "./dom.js";
import { colon, digits, gap, percent, t } from "./words.js";
import { headline } from "./wall.js";

const INK = "#17212b";
let timer = 0;
const known = { game: "", told: null }; // what was told last, so that drawing the page again does not blink

// mine: the own table, or null; game: the one that is shown; stays away where there is nothing to tell.
export function stories(mine, game) {
  const box = h("section", { class: "card", id: "stories", hidden: true });
  clearTimeout(timer);
  const show = (told) => {
    box.hidden = false;
    put(box, h("h2", {}, t(told.tables.length > 1 ? "story.title" : "story.title_one")), told.tables.length > 1 ? dots(told, mine) : null,
      h("div", { class: "tales" }, [...told.tables].sort((a, b) => (b.table === mine) - (a.table === mine) || a.table - b.table).map((one) => tale(one, told.tables.length, one.table === mine))));
  };
  const look = async () => {
    try {
      const told = await ask("room/tables");
      if (!told.tables.length) return;
      Object.assign(known, { game, told });
      if (!box.contains(document.activeElement)) show(told); // nobody's place on the keyboard is taken away
      if (told.cloud.runs < told.cloud.of && !told.cloud.fault) timer = setTimeout(look, 1500);
    } catch (fault) {
      if (fault.code === "no_server" || fault.code === "too_often") timer = setTimeout(look, 3000);
    }
  };
  if (known.told && known.game === game) show(known.told);
  look();
  return box;
}

export const stop = () => clearTimeout(timer);

// --- every table as a dot on the cloud -------------------------------------------------------------------------------

const BINS = 32;
const LEFT = 14, STEP = 25; // where a strip's axis begins; from one dot to the next, beside it or above

// A drawing is as wide as there is room for, so many beside each other on a screen that is wide enough: what is written in
// it is then as large as what stands beside it. On the wall it is drawn narrower, and shown larger.
const wide = (wall, beside) => (isWall() ? wall
  : Math.round(Math.max(320, Math.min(600, (innerWidth - 50) / (innerWidth >= 1000 ? beside : 1)))));

function dots(told, mine) {
  const width = wide(335, 3);
  const placed = DYADS.map((_, d) => stacked(told.tables, (one) => LEFT + one.depth[d] * (width - 2 * LEFT), d));
  const high = STEP * Math.max(0, Math.max(...placed.flat().map(([, , row]) => row)) - 1);
  return h("div", { id: "dots", "data-runs": told.cloud.runs }, h("p", {}, t("story.dots", { tables: told.tables.length, runs: digits(told.cloud.runs, 0) })),
    h("div", { class: "strips" }, DYADS.map((_, d) => strip(told, d, mine, placed[d], width, high))));
}

// Every table of a pair with where it stands and in which row: the lowest in which it touches no other.
function stacked(tables, x, d) {
  const rows = [];
  return [...tables].sort((a, b) => a.depth[d] - b.depth[d]).map((one) => {
    const at = x(one);
    let row = rows.findIndex((end) => at - end > STEP);
    if (row < 0) { row = rows.length; rows.push(0); }
    rows[row] = at;
    return [one, at, row];
  });
}

const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

// One pair: runs by the rules as bars from the floor up, the tables as numbered dots above, stacked where they meet.
function strip(told, d, mine, placed, width, high) {
  const [right, floor, top] = [width - LEFT, 168, 66];
  const x = (v) => LEFT + v * (right - LEFT);
  const y = (row) => top - STEP * row;
  const counts = new Array(BINS).fill(0);
  for (const v of told.cloud.depth[d]) counts[Math.min(BINS - 1, Math.floor(v * BINS))] += 1;
  const most = Math.max(1, ...counts);
  const bars = counts.map((n, k) => s("rect", { x: x(k / BINS) + 0.5, width: (right - LEFT) / BINS - 1, y: floor - (n / most) * (floor - top - 26), height: (n / most) * (floor - top - 26), fill: "#9db0c0" }));
  return s("svg", { viewBox: `0 ${-high} ${width} ${floor + 24 + high}`, role: "img", class: "figure", "aria-label": t("story.strip", { pair: dyad(d), list: told.tables.map((one) => `${one.table + 1}${colon()}${percent(one.depth[d])}`).join(t("comma")) }) },
    s("text", { x: LEFT, y: 16 - high, "font-size": 17, "font-weight": 700, fill: DYAD_COLOURS[d] }, dyad(d)), bars,
    s("line", { x1: LEFT, x2: right, y1: floor, y2: floor, stroke: "#5d6770" }),
    [0, 0.25, 0.5, 0.75, 1].map((v) => s("text", { x: x(v), y: floor + 19, "font-size": 16, fill: "#47535e", "text-anchor": v === 1 ? "end" : v ? "middle" : "start" }, percent(v))),
    placed.map(([, at, row]) => s("line", { x1: at, x2: at, y1: y(row), y2: floor, stroke: DYAD_COLOURS[d], "stroke-width": 1, opacity: 0.55 })),
    placed.map(([one, at, row]) => s("g", { class: "dot" },
      s("circle", { cx: at, cy: y(row), r: 12.5, fill: one.table === mine ? INK : DYAD_COLOURS[d], stroke: "#fff", "stroke-width": 1.5 }),
      s("text", { x: at, y: y(row) + 5, "text-anchor": "middle", "font-size": 16, "font-weight": 700, fill: "#fff" }, one.table + 1))));
}

// --- one game ---------------------------------------------------------------------------------------------------------

const addressOf = (one, quarter) => `#${link({ settings: one.settings, moves: one.moves, shown: quarter })}`;

function tale(one, many, isMine) {
  const names = one.names.map((list, b) => (list.length ? `${bloc(b)}${colon()}${list.join(t("comma"))}` : "")).filter(Boolean).join(" · ");
  return h("article", { class: `tale${isMine ? " mine" : ""}`, id: `tale-${one.table}` },
    many > 1 ? h("h3", {}, t("wall.stand", { n: one.table + 1 }), isMine ? ` · ${t("story.yours")}` : "") : null, names ? h("p", { class: "soft" }, names) : null,
    h("p", { class: "why" }, why(one)),
    h("ol", { class: "heads" }, one.headlines.map((told) => h("li", {}, h("a", { href: addressOf(one, told.quarter) }, told.label), " ", headline(told), told.otherwise ? gap() + t("story.otherwise") : ""))),
    one.labels.length > 1 ? chart(one) : null);
}

// In one paragraph why it came out so: the rules, the luck, or us.
function why(one) {
  const share = (v) => percent(v);
  const points = (v) => digits(Math.abs(100 * v), 1);
  const depth = t("story.depth", { depth: share(mean(one.depth)) });
  if (!one.why) return depth + gap() + t("cloud.waiting");
  const { usual, luck, us } = one.why;
  const part = (name, v) => t(Math.abs(v) < 0.005 ? `story.${name}_none` : v > 0 ? `story.${name}_more` : `story.${name}_less`, { points: points(v) });
  const done = t("story.decided", { n: one.decided, otherwise: one.otherwise, peeked: one.peeked });
  return t("story.paragraph", { depth, usual: t("story.usual", { usual: share(usual) }), luck: part("luck", luck), us: part("us", us), why: t(`story.why_${one.why.why}`), done });
}

// Depth by pair over the quarters; the turning points are numbered as the headlines are, and lead there.
function chart(one) {
  const width = wide(480, 2);
  const [height, left, right, top, floor] = [260, 56, width - 10, 26, 216];
  const x = (k) => left + ((k + 0.5) / one.labels.length) * (right - left);
  const y = (v) => floor - v * (floor - top);
  const line = (values, d) => s("path", { d: values.map((v, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(v).toFixed(1)}`).join(""), fill: "none", stroke: DYAD_COLOURS[d], "stroke-width": 3, "stroke-dasharray": ["", "9 5", "3 4"][d % 3] || null });
  const taken = {};
  const marks = one.headlines.map((told, k) => {
    const beside = (taken[told.quarter] = (taken[told.quarter] ?? -1) + 1);
    const n = one.headlines.filter((other) => other.quarter === told.quarter).length;
    const first = Math.min(x(told.quarter), width - 16 - 30 * (n - 1)); // those of a late quarter begin before it
    const [cx, cy] = [first + 30 * beside, Math.max(top + 4, y(one.series[told.dyad][told.quarter]))];
    return s("a", { href: addressOf(one, told.quarter), "aria-label": t("story.rewind", { n: k + 1, quarter: told.label }), class: "turn" },
      s("circle", { cx, cy, r: 14, fill: "#fff", stroke: DYAD_COLOURS[told.dyad], "stroke-width": 3 }), s("text", { x: cx, y: cy + 6, "text-anchor": "middle", "font-size": 17, "font-weight": 700, fill: INK }, k + 1));
  });
  const every = Math.ceil((72 * one.labels.length) / (right - left)); // as many labels as there is room for
  const above = 20 * (Math.ceil(DYADS.length / 3) - 1); // the pairs' names, three a line
  return h("figure", { class: "turns" }, h("figcaption", {}, t("story.chart")),
    s("svg", { viewBox: `0 ${-above} ${width} ${height + above}`, class: "figure", role: "group", "aria-label": t("story.chart") },
      [0, 0.5, 1].map((v) => [s("line", { x1: left, x2: right, y1: y(v), y2: y(v), stroke: "#e2ddd2" }), s("text", { x: left - 6, y: y(v) + 6, "text-anchor": "end", "font-size": 16, fill: "#444" }, percent(v))]),
      one.labels.map((label, k) => k % every === 0 && s("text", { x: x(k), y: floor + 34, "text-anchor": "middle", "font-size": 16, fill: "#444" }, label)),
      one.series.map((values, d) => line(values, d)),
      DYADS.map((_, d) => s("text", { x: left + ((right - left) / 3) * (d % 3), y: 15 - above + 20 * Math.floor(d / 3), "font-size": 16, "font-weight": 700, fill: DYAD_COLOURS[d] }, `${["━━", "╍╍", "┅┅"][d % 3]} ${dyad(d)}`)), marks));
}
