// Inline drawings: the map of the blocs, lines over time, the map of games, the cloud.
import { BLOCS, COLOURS, DASHES, DYADS, DYAD_COLOURS, bloc, dyad, dyadLong, shape, short } from "./blocs.js";
import { h, s } from "./dom.js";
import { aside, colon, digits, percent, rateOf, t } from "./words.js";

const INK = "#17212b";
const GREY = "#5d6770";
const PALE = "#e2ddd2";

const frame = (width, height, label, ...inside) =>
  s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "figure" }, ...inside);
const text = (x, y, words, more = {}) => s("text", { x, y, fill: INK, "font-size": 12, ...more }, words);

// --- the map -----------------------------------------------------------------------------------------------------
const BOX = [154, 110];

// Where signs and boxes (top left corners) of so many blocs stand: two and three around their boxes, as on the first
// screen; of more the signs in a ring, and below it the boxes, as many beside each other as can be read.
function layout(n) {
  if (n === 2) return { size: [340, 190], places: [[46, 95], [294, 95]], boxes: [[93, 40]] };
  if (n === 3) return { size: [340, 346], places: [[36, 46], [170, 312], [304, 46]], boxes: [[1, 142], [93, 4], [185, 142]] };
  const pairs = (n * (n - 1)) / 2;
  const across = innerWidth < 560 ? 2 : n === 4 ? 3 : 4;
  const [width, ring, gap] = [across * 160 - 4, 240, 6];
  const places = Array.from({ length: n }, (_, b) => {
    const angle = 2 * Math.PI * ((b + 0.5) / n - 0.5);
    return [width / 2 + 0.38 * Math.min(width, 430) * Math.sin(angle), ring / 2 - 0.36 * ring * Math.cos(angle)];
  });
  const boxes = Array.from({ length: pairs }, (_, d) => [1 + (d % across) * (BOX[0] + gap), ring + Math.floor(d / across) * (BOX[1] + gap)]);
  return { size: [width, ring + Math.ceil(pairs / across) * (BOX[1] + gap)], places, boxes };
}

function bar(x, y, share, colour, label) {
  const width = 40;
  return s("g", {},
    text(x, y + 9, label, { "font-size": 12 }),
    s("rect", { x: x + 64, y, width, height: 9, fill: "#fff", stroke: GREY, "stroke-width": 0.7 }),
    s("rect", { x: x + 64, y, width: Math.max(0, Math.min(1, share)) * width, height: 9, fill: colour }),
    text(x + 141, y + 9, percent(share), { "font-size": 12, "text-anchor": "end" }));
}

export function worldMap(quarter) {
  const { size, places, boxes: corners } = layout(BLOCS.length);
  const lines = DYADS.map(([i, j], d) => {
    const row = quarter.dyads[d];
    return s("line", {
      x1: places[i][0], y1: places[i][1], x2: places[j][0], y2: places[j][1],
      stroke: row.treaty ? DYAD_COLOURS[d] : "#999", "stroke-width": row.treaty ? 4 + 12 * row.depth : 2,
      "stroke-dasharray": row.treaty ? null : "5 5",
    });
  });
  const boxes = DYADS.map(([i, j], d) => {
    const [x, y] = corners[d];
    const row = quarter.dyads[d];
    const duty = (side) => rateOf(quarter.directed[2 * d + side].duty_ev);
    const sees = [quarter.directed[2 * d].recognises > 0, quarter.directed[2 * d + 1].recognises > 0];
    const mark = sees[0] && sees[1] ? t("map.mutual") : sees[0] ? t("map.one", { who: short(i) }) : sees[1] ? t("map.one", { who: short(j) }) : t("map.nobody");
    return s("g", {},
      s("rect", { x, y, width: BOX[0], height: BOX[1], rx: 6, fill: "#fff", stroke: DYAD_COLOURS[d], "stroke-width": 1.5 }),
      text(x + 7, y + 17, `${dyad(d)}${colon()}${row.treaty ? t("map.treaty") : t("map.no_treaty")}`, { "font-weight": 700, "font-size": 13 }),
      bar(x + 7, y + 26, row.depth, DYAD_COLOURS[d], t("map.depth")),
      bar(x + 7, y + 42, row.tension, "#a00028", t("map.tension")),
      bar(x + 7, y + 58, row.dialogue, "#444", row.channel_open ? t("map.dialogue") : t("map.shut")),
      text(x + 7, y + 86, t("map.duties", { first: short(i), one: duty(0), second: short(j), two: duty(1) }), { "font-size": 12 }),
      text(x + 7, y + 102, t("map.recognition", { mark }), { "font-size": 12 }));
  });
  const nodes = BLOCS.map((_, b) => s("g", {},
    shape(b, places[b][0], places[b][1], 27),
    text(places[b][0], places[b][1] + 5, short(b), { "text-anchor": "middle", fill: "#fff", "font-weight": 700, "font-size": 16 })));
  return frame(...size, t("map.label", { quarter: quarter.label }), lines, nodes, boxes);
}

// --- lines over time ---------------------------------------------------------------------------------------------
const W = 300, LEFT = 40, RIGHT = 68, TOP = 12, BOTTOM = 24, NAME = 13;

function ticks(low, high) {
  const span = high - low || 1;
  const rough = span / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 5, 10].map((m) => m * power);
  const at = steps.findIndex((size) => size >= rough);
  const of = (step) => {
    const list = [];
    for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * span; v += step) list.push(v);
    return list;
  };
  const list = of(steps[at]);
  return list.length > 1 ? list : of(at ? steps[at - 1] : power / 2); // one mark alone says no scale
}

// series: [{name, values, ghost?, colour, dash}]; the ghost is the run before the branch, or what is still to come.
export function lineChart(title, labels, series, at, format, range) {
  const H = Math.max(172, TOP + BOTTOM + NAME * series.length); // as tall as the names need
  const all = series.flatMap((one) => [...one.values, ...(one.ghost || [])]).filter(Number.isFinite);
  let low = Math.min(...all), high = Math.max(...all);
  if (range) [low, high] = [Math.min(range[0], low), Math.max(range[1], high)];
  if (high - low < 1e-9) high = low + (Math.abs(low) || 1) * 0.1;
  const x = (k) => LEFT + (k / Math.max(1, labels.length - 1)) * (W - LEFT - RIGHT);
  const y = (v) => H - BOTTOM - ((v - low) / (high - low)) * (H - TOP - BOTTOM);
  const path = (values) => values.map((v, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const grid = ticks(low, high).map((v) => s("g", {},
    s("line", { x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v), stroke: PALE, "stroke-width": 1 }),
    text(LEFT - 4, y(v) + 4, format(v), { "text-anchor": "end", "font-size": 12, fill: "#444" })));
  const years = labels.map((label, k) => [label, k]).filter(([label]) => label.endsWith("Q1"));
  const isLong = years.length > 2; // of a short run the quarters are named
  const named = isLong ? years : labels.map((label, k) => [label, k]);
  const every = Math.ceil(named.length / (isLong ? 4 : 3));
  const axis = named.filter((_, k) => k % every === 0).map(([label, k]) =>
    text(x(k), H - 7, isLong ? label.slice(0, 4) : label, { "text-anchor": "middle", "font-size": 12, fill: "#444" }));
  const drawn = series.map((one) => s("g", {},
    one.ghost && s("path", { d: path(one.ghost), fill: "none", stroke: one.colour, "stroke-width": 1.2, opacity: 0.45 }),
    s("path", { d: path(one.values), fill: "none", stroke: one.colour, "stroke-width": 2.4, "stroke-dasharray": one.dash || null }),
    one.values.length > 0 && s("circle", { cx: x(one.values.length - 1), cy: y(one.values.at(-1)), r: 3, fill: one.colour })));
  const last = series.map((one) => ({ one, y: y(one.values[one.values.length - 1] ?? low) })).sort((a, b) => a.y - b.y);
  for (let k = 1; k < last.length; k++) last[k].y = Math.max(last[k].y, last[k - 1].y + NAME);
  for (let k = last.length - 1, floor = H - BOTTOM + 4; k >= 0; k--, floor -= NAME) last[k].y = Math.min(last[k].y, floor);
  const names = last.map(({ one, y: at_y }) => s("g", {},
    s("line", { x1: W - RIGHT + 3, x2: W - RIGHT + 15, y1: at_y, y2: at_y, stroke: one.colour, "stroke-width": 2.4, "stroke-dasharray": one.dash || null }),
    text(W - RIGHT + 18, at_y + 4, one.name, { "font-size": 12 })));
  const alone = series.length === 1; // the title says what a single line is
  const now = at >= 0 && s("line", { x1: x(at), x2: x(at), y1: TOP, y2: H - BOTTOM, stroke: INK, "stroke-width": 1, "stroke-dasharray": "2 2" });
  return h("figure", { class: "chart" }, h("figcaption", {}, title),
    frame(W, H, title, grid, axis, drawn, alone ? null : names, now));
}

// --- the map of games ----------------------------------------------------------------------------------------------
export function gameMap(game, d) {
  const edge = 3, size = 170, pad = 34;
  const x = (v) => pad + ((v + edge) / (2 * edge)) * size;
  const y = (v) => pad / 2 + size - ((v + edge) / (2 * edge)) * size;
  const tick = (v) => (v < 0 ? `−${-v}` : `${v}`);
  const [first, second] = DYADS[d].map(short);
  const corner = (left, top, words) => text(x(left ? -edge : edge) + (left ? 4 : -4), y(top ? edge : -edge) + (top ? 14 : -5), words,
    { "text-anchor": left ? "start" : "end", "font-size": 12, fill: "#444" });
  return frame(size + pad + 14, size + 1.6 * pad, t("game.map_label"),
    s("rect", { x: x(-edge), y: y(edge), width: size, height: size, fill: "#fff", stroke: GREY }),
    s("rect", { x: x(0), y: y(1), width: x(1) - x(0), height: y(0) - y(1), fill: "#cfe3f5" }),
    s("line", { x1: x(0), x2: x(0), y1: y(-edge), y2: y(edge), stroke: GREY }),
    s("line", { x1: x(-edge), x2: x(edge), y1: y(0), y2: y(0), stroke: GREY }),
    s("circle", { cx: x(game.at[0]), cy: y(game.at[1]), r: 6, fill: DYAD_COLOURS[d], stroke: "#fff", "stroke-width": 1.5 }),
    corner(false, true, t("game.both")), corner(true, false, t("game.neither")),
    corner(true, true, t("game.only", { who: second })), corner(false, false, t("game.only", { who: first })),
    [-edge, 0, 1, edge].map((v) => [
      text(x(v), y(-edge) + 13, tick(v), { "text-anchor": "middle", "font-size": 12, fill: "#444" }),
      text(x(-edge) - 4, y(v) + 4, tick(v), { "text-anchor": "end", "font-size": 12, fill: "#444" })]),
    text(x(0), y(-edge) + 29, t("game.axis", { who: first }), { "text-anchor": "middle", "font-size": 12 }),
    s("text", { x: 11, y: y(0), "font-size": 12, fill: INK, "text-anchor": "middle", transform: `rotate(-90 11 ${y(0)})` }, t("game.axis", { who: second })));
}

// --- the cloud -----------------------------------------------------------------------------------------------------
const BINS = 32;

const counted = (values) => {
  const counts = new Array(BINS).fill(0);
  for (const v of values) counts[Math.min(BINS - 1, Math.floor(v * BINS))] += 1;
  return counts.map((n) => n / Math.max(1, values.length));
};

const inUnit = (v) => Math.max(0, Math.min(1, v));

// Below the axis: where the mean lies after the emulator (thick), and nine in ten runs (thin).
const estimate = ({ depth: one }, x, y, colour) => s("g", {},
  s("path", { d: `M${x(inUnit(one.runLow))} ${y}H${x(inUnit(one.runHigh))}`, stroke: colour, "stroke-width": 1.6 }),
  s("path", { d: `M${x(inUnit(one.low))} ${y}H${x(inUnit(one.high))}`, stroke: colour, "stroke-width": 7, opacity: 0.55 }),
  s("path", { d: `M${x(inUnit(one.mean))} ${y - 7}v14`, stroke: INK, "stroke-width": 2.4 }));

// How often cooperation emerges or is kept in a pair, as a sentence and as its interval: counted, or as the emulator says.
function often(cloud, d, guess) {
  const share = (one) => ({ share: percent(one[0]), low: percent(one[1]), high: percent(one[2]), runs: digits(cloud?.runs ?? 0, 0) });
  const counted = cloud?.emerged[d];
  if (counted) return [t(cloud.inherited[d] ? "cloud.kept" : "cloud.emergence", share(counted)), t("cloud.interval", share(counted))];
  if (!guess?.rate) return [];
  const said = share([guess.rate.mean, guess.rate.low, guess.rate.high]);
  return [t(guess.isInherited ? "estimate.keeping" : "estimate.emergence", said), t("estimate.interval", said)];
}

// About how long words are when they are drawn.
const wide = (words, size) => [...words].reduce((total, one) => total + (/\p{sc=Han}/u.test(one) ? 1 : 0.7), 0) * size;

// How high a strip's bars are: in the laboratory of a laptop so low that what is written beside them is not shown smaller.
function barsHigh(rest, beside) {
  const room = innerWidth >= 1000 ? document.querySelector(".lab #cloud-box")?.clientHeight : 0;
  return room ? Math.max(12, Math.min(44, Math.floor(room / Math.ceil(DYADS.length / beside)) - rest)) : 44;
}

// One pair: a strip of runs by mean depth; before: those of the settings that it is compared with, as an outline;
// guess: what the emulator says of the pair. cloud is null where nothing has been played yet.
export function cloudChart(cloud, d, mine, mineName, before = null, guess = null) {
  const values = cloud?.depth[d] ?? [];
  const [shares, earlier] = [counted(values), before && counted(before)];
  const most = Math.max(0.01, ...shares, ...(earlier || []));
  const beside = DYADS.length > 3 && innerWidth >= 1000 && document.querySelector(".lab #cloud-box") ? 2 : 1; // as the style has them
  const room = (document.querySelector(".clouds")?.clientWidth || innerWidth - 44) / beside; // what is not there yet will have the page but for its edges
  const width = Math.max(320, Math.min(600, Math.round(room))); // a pixel each, so that what is written stays as large
  const said = often(cloud, d, guess);
  const lines = said.length && wide(said.join(""), 12) < width - 40 ? [`${said[0]}${aside(said[1])}`] : said;
  const head = 13 + 15 * lines.length; // where the words above the bars end
  const [left, right, top, floor] = [8, width - 8, head + 22, head + (cloud ? 22 + barsHigh(head + 22 + (guess?.depth ? 32 : 20), beside) : 10)]; // no bars, no room for them
  const x = (v) => left + v * (right - left);
  const y = (share) => floor - (share / most) * (floor - top);
  const step = (right - left) / BINS;
  const bars = cloud && shares.map((share, k) => s("rect", { x: x(k / BINS) + 0.5, width: step - 1, y: y(share), height: floor - y(share), fill: "#9db0c0" }));
  const outline = earlier && s("path", { d: `M${left} ${floor}${earlier.map((share, k) => `V${y(share).toFixed(1)}H${x((k + 1) / BINS).toFixed(1)}`).join("")}V${floor}`, fill: "none", stroke: INK, "stroke-width": 1.2, "stroke-dasharray": "3 2" });
  const axis = [0, 0.25, 0.5, 0.75, 1].map((v) => text(x(v), floor + 14, percent(v), { "text-anchor": v === 1 ? "end" : v ? "middle" : "start", "font-size": 12, fill: "#47535e" }));
  const dot = mine !== null && s("g", {},
    s("line", { x1: x(mine), x2: x(mine), y1: head + 13, y2: floor, stroke: DYAD_COLOURS[d], "stroke-width": 2 }),
    s("path", { d: `M${x(mine)} ${head + 6}l7 7-7 7-7-7z`, fill: DYAD_COLOURS[d], stroke: "#fff" }),
    text(x(mine) + (mine > 0.6 ? -11 : 11), head + 17, mineName, { "font-weight": 700, "text-anchor": mine > 0.6 ? "end" : "start", stroke: "#fff", "stroke-width": 3, "paint-order": "stroke" }));
  const label = cloud ? t("cloud.label", { pair: dyad(d), runs: values.length }) : t("estimate.label", { pair: dyad(d) });
  return h("figure", { class: "chart cloud" },
    frame(width, floor + (guess?.depth ? 32 : 20), guess?.depth ? label + colon() + depthWords(guess.depth) : label,
      text(left, 13, dyadLong(d), { "font-weight": 700, "font-size": 14, fill: DYAD_COLOURS[d] }), lines.map((line, k) => text(left, 29 + 15 * k, line)),
      bars, outline, s("line", { x1: left, x2: right, y1: floor, y2: floor, stroke: GREY }), axis, dot, guess?.depth && estimate(guess, x, floor + 23, DYAD_COLOURS[d])));
}

// An estimated mean with the emulator's band and the chance band, as a sentence.
export const depthWords = (one) => t("estimate.depth", Object.fromEntries(["mean", "low", "high", "runLow", "runHigh"].map((name) => [name, percent(one[name])])));

// Bars with intervals for a chapter's arms: rows [{name, value, low, high, best, guess}]; guess: where it was dragged to.
// A bar is as long as its number, which stands behind it, leaves room for; a sum of money is longer than a share.
export function armChart(rows, format, high) {
  const step = 38, top = 6, left = 10, whole = 340;
  const floor = top + step * rows.length;
  const long = Math.min(270, whole - left - 8 - Math.max(...rows.map((row) => wide(format(row.value), 13))));
  const at = (v) => left + (v / high) * long;
  const marks = [0, high / 2, high].filter((v, k, all) => k !== 1 || all.reduce((total, one) => total + wide(format(one), 12), 0) < long);
  return frame(whole, floor + 15, t("learn.result"),
    marks.map((v) => s("g", {},
      s("line", { x1: at(v), x2: at(v), y1: floor - 8, y2: floor - 3, stroke: GREY }),
      text(at(v), floor + 9, format(v), { "text-anchor": v === high ? "end" : v ? "middle" : "start", "font-size": 12, fill: "#444" }))),
    rows.map((row, k) => {
      const y = top + k * step;
      const x = (v) => at(Math.max(0, Math.min(high, v)));
      return s("g", {},
        text(left, y + 12, row.name, { "font-size": 12, "font-weight": row.best ? 700 : 400 }),
        s("rect", { x: left, y: y + 17, width: long, height: 12, fill: "#eee" }),
        s("rect", { x: left, y: y + 17, width: x(row.value) - left, height: 12, fill: row.best ? "#0067a6" : "#9db0c0" }),
        s("path", { d: `M${x(row.low)} ${y + 19}v8m0 -4H${x(row.high)}m0 -4v8`, fill: "none", stroke: "#fff", "stroke-width": 4 }),
        s("path", { d: `M${x(row.low)} ${y + 19}v8m0 -4H${x(row.high)}m0 -4v8`, fill: "none", stroke: INK, "stroke-width": 1.6 }),
        Number.isFinite(row.guess) && s("path", { d: `M${at(row.guess)} ${y + 14}v18`, stroke: "#b84800", "stroke-width": 3, "stroke-dasharray": "4 2" }),
        text(left + long + 6, y + 28, format(row.value), { "font-size": 13, "font-weight": 700 }));
    }));
}

export function qrCode(rows) {
  const n = rows.length + 8;
  return s("svg", { viewBox: `0 0 ${n} ${n}`, class: "figure", role: "img", "aria-label": t("lead.qr") },
    s("rect", { x: 0, y: 0, width: n, height: n, fill: "#fff" }),
    rows.map((row, y) => [...row].map((cell, x) => cell === "1" && s("rect", { x: x + 4, y: y + 4, width: 1.02, height: 1.02, fill: "#000" }))));
}

export const legendOf = (d) => ({ colour: DYAD_COLOURS[d], dash: DASHES[d], name: dyad(d) });
export const legendOfBloc = (b) => ({ colour: COLOURS[b], dash: DASHES[b], name: short(b) });
export const blocName = bloc;
