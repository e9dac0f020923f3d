// The first screen's drawings: three blocs with money moving between them, and the rain of other luck.
import { BLOCS, COLOURS, DYADS, DYAD_COLOURS, bloc, shape } from "./blocs.js";
import { s } from "./dom.js";
import { isStill, travel } from "./motion.js";
import { cash, digits, percent, t } from "./words.js";

const COIN = 0.02; // bn$ that a coin stands for
const MOST_COINS = 20;
const INK = "#17212b";
const TALL = { size: [380, 450], at: [[80, 136], [190, 340], [300, 136]], r: 46, font: 17 };

export const isTall = () => innerWidth < innerHeight;
// As wide as there is room for; box: the element that the drawing fills.
const shapeOf = (box) => Math.max(1.7, Math.min(3.4, box.clientWidth / Math.max(1, box.clientHeight)));

function layout(box) {
  if (isTall()) return TALL;
  const wide = 560 * shapeOf(box);
  return { size: [wide, 560], at: [[0.2 * wide, 200], [0.5 * wide, 405], [0.8 * wide, 200]], r: 82, font: 30 };
}

const words = (x, y, text, more = {}) => s("text", { x, y, fill: INK, "text-anchor": "middle", ...more }, text);
// A point on the way from one bloc to another.
const between = (a, b, share) => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];

// quarter: what the server played, or null before the first; totals: bn$ so far by bloc; broken: [dyad, bloc] that withdrew.
export function blocsScene(box, quarter, totals, player, broken) {
  const { size, at, r, font } = layout(box);
  const links = DYADS.map(([i, j], d) => {
    const row = quarter?.dyads[d];
    const has = row ? row.treaty > 0 : i === player || j === player;
    return s("line", { x1: at[i][0], y1: at[i][1], x2: at[j][0], y2: at[j][1], stroke: has ? DYAD_COLOURS[d] : "#8a8f94",
      "stroke-width": has ? 8 + 16 * (row ? row.depth : 0.3) : 2.5, "stroke-dasharray": has ? null : "3 9", "stroke-linecap": "round" });
  });
  const breaks = broken.map(([d, b]) => {
    const [x, y] = between(at[b], at[DYADS[d].find((one) => one !== b)], 0.38);
    const k = font * 0.55;
    return s("g", { class: "break" }, s("circle", { cx: x, cy: y, r: k * 1.5, fill: "#fff", stroke: INK, "stroke-width": 2 }),
      s("path", { d: `M${x - k * 0.7} ${y - k * 0.7}l${1.4 * k} ${1.4 * k}m0 ${-1.4 * k}l${-1.4 * k} ${1.4 * k}`, stroke: INK, "stroke-width": 4, fill: "none" }));
  });
  const nodes = BLOCS.map((_, b) => {
    const [x, y] = at[b];
    const name = b === player ? y + 0.9 * r + font * 1.15 : y - 1.25 * r - font * 1.5; // never on a line
    return s("g", {}, shape(b, x, y, r), b === player && words(x, y + font * 0.35, t("start.you"), { fill: "#fff", "font-weight": 700, "font-size": font }),
      words(x, name, bloc(b), { "font-weight": 700, "font-size": font }), quarter && words(x, name + font * 1.15, cash(totals[b]), { fill: COLOURS[b], "font-weight": 700, "font-size": font }));
  });
  return s("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img", "aria-label": t("start.scene"), class: "scene" }, links, breaks, s("g", { class: "coins" }), nodes);
}

// Coins of a quarter: what each side of each pair gained comes to it over the link; what it lost drops away from it.
export function moveMoney(svg, quarter, ms) {
  const { at, r } = layout(svg.parentElement);
  const purse = svg.querySelector(".coins");
  DYADS.forEach((pair, d) => [0, 1].forEach((side) => {
    const gain = quarter.dyads[d][side ? "gain_second" : "gain_first"] / 4; // bn$ in the quarter
    const [to, from] = [at[pair[side]], at[pair[1 - side]]];
    const n = Math.min(MOST_COINS, Math.round(Math.abs(gain) / COIN));
    for (let k = 0; k < n; k++) {
      const goes = gain > 0;
      if (!goes && isStill()) continue; // what falls away is motion alone
      const [x, y] = goes ? between(to, from, 0.1) : [to[0] + (k - n / 2) * 9, to[1] + 1.9 * r];
      const coin = s("circle", { cx: x, cy: y, r: r / 7, fill: goes ? "#f2b705" : "none", stroke: INK, "stroke-width": 1.5 });
      purse.append(coin);
      const start = goes ? [(from[0] - to[0]) * 0.8, (from[1] - to[1]) * 0.8] : [to[0] - x, to[1] - y];
      travel(coin, start, ms * 0.6, (k / Math.max(1, n)) * ms * 0.4);
      if (!goes) coin.animate([{ opacity: 1 }, { opacity: 0 }], { duration: ms, fill: "forwards" });
    }
  }));
}

// --- the rain ------------------------------------------------------------------------------------------------------
const BINS = 48;

// About how wide a line is written, in heights of its letters.
const lengthOf = (line) => [...line].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1 : 0.62), 0);

// totals[quarter][run], the own run first; other: {name, mean, ends} of the other way to play. Time runs down, money to
// the right; every dot is where a run ended, and the dashed outline is where the other way to play would have ended.
export function rain(box, totals, labels, other) {
  const tall = isTall();
  const size = tall ? [380, 470] : [530 * shapeOf(box), 530];
  const font = tall ? 15 : 25;
  const [left, right, top, bend, floor] = tall ? [14, 366, 30, 176, 388] : [130, size[0] - 25, 34, 225, 446];
  const last = totals[totals.length - 1];
  const all = [...totals.flat(), ...(other?.ends ?? [])];
  const low = Math.min(0, ...all), high = Math.max(0.1, ...all);
  const x = (v) => left + ((v - low) / (high - low)) * (right - left);
  const y = (k) => top + (k / totals.length) * (bend - top);
  const line = (run) => `M${x(0).toFixed(1)} ${top}${totals.map((row, k) => `L${x(row[run]).toFixed(1)} ${y(k + 1).toFixed(1)}`).join("")}`;
  const others = last.map((_, run) => run).slice(1);
  const bin = (v) => Math.min(BINS - 1, Math.floor(((v - low) / (high - low)) * BINS));
  const count = (ends) => ends.reduce((counts, v) => { counts[bin(v)] += 1; return counts; }, new Array(BINS).fill(0));
  const share = other ? others.length / other.ends.length : 0; // both piles are of as many runs
  const beside = other && count(other.ends).map((n) => n * share);
  const most = Math.max(1, ...count(others.map((run) => last[run])), ...(beside || []));
  const width = (right - left) / BINS;
  const name = other ? (tall ? [other.name, cash(other.mean)] : [`${other.name} ${cash(other.mean)}`]) : [];
  const height = floor - bend - (name.length + 0.9) * font;
  let r = width / 2;
  while (Math.ceil(most / Math.max(1, Math.floor(width / (2 * r)))) * 2 * r > height && r > 0.6) r -= 0.1;
  const across = Math.max(1, Math.floor(width / (2 * r)));
  const filled = new Array(BINS).fill(0);
  const drops = others.map((run) => {
    const k = bin(last[run]);
    const n = filled[k]++;
    const cx = left + k * width + width / 2 + ((n % across) - (across - 1) / 2) * 2 * r;
    const cy = floor - r - Math.floor(n / across) * 2 * r;
    return s("circle", { cx: cx.toFixed(1), cy: cy.toFixed(1), r: (0.88 * r).toFixed(2), fill: "#7f96a9", "data-from": `${(x(last[run]) - cx).toFixed(1)} ${(bend - cy).toFixed(1)}` });
  });
  const mine = x(last[0]);
  const ticks = [low, 0, high].filter((v, k, list) => k === 0 || v - list[k - 1] > 0.2 * (high - low));
  const anchor = (at) => (at > right - 7 * font ? "end" : at < left + 7 * font ? "start" : "middle");
  const far = other ? x(other.mean) : 0;
  const outline = beside && `M${left} ${floor}${beside.map((n, k) => `V${(floor - (n / across) * 2 * r).toFixed(1)}H${(left + (k + 1) * width).toFixed(1)}`).join("")}V${floor}`;
  // The name of the other way stands above its own hump, over whatever lies below its letters, and a line leads down to it.
  const half = 0.5 * 0.95 * font * Math.max(0, ...name.map(lengthOf));
  const middle = Math.max(left + half, Math.min(right - half, far));
  const below = filled.map((n, k) => (Math.abs(left + (k + 0.5) * width - middle) < half + width ? Math.max(Math.ceil(n / across), (beside?.[k] ?? 0) / across) : 0));
  const foot = floor - Math.max(...below) * 2 * r - 0.9 * font;
  const near = other ? beside.slice(Math.max(0, bin(other.mean) - 2), bin(other.mean) + 3) : [0]; // a mean may lie between two humps
  const hump = floor - (Math.max(...near) / across) * 2 * r - 3;
  const axis = [t("start.axis", { n: labels.length }), t("start.dot")];
  return s("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img", "aria-label": t("start.rain", { runs: digits(last.length, 0) }), class: "scene", "data-full": `0 0 ${size[0]} ${size[1]}`,
    "data-close": `${Math.max(0, Math.min(mine, x(0)) - 60)} ${top - 20} ${Math.max(160, Math.abs(mine - x(0)) + 120)} ${bend - top + 40}` },
    s("line", { x1: left, x2: right, y1: floor, y2: floor, stroke: INK, "stroke-width": 1.5 }),
    s("path", { d: others.map(line).join(""), fill: "none", stroke: "#7f96a9", "stroke-width": tall ? 0.7 : 1, opacity: 0.35, class: "others" }),
    s("g", { class: "drops" }, drops),
    !tall && labels.map((label, k) => words(left - 16, y(k + 1) + 6, label, { "text-anchor": "end", "font-size": 24, fill: "#47535e" })),
    other && s("g", { class: "other" }, s("path", { d: outline, fill: "none", stroke: "#7a3e9d", "stroke-width": tall ? 1.5 : 2.5, "stroke-dasharray": "6 4" })),
    s("path", { d: line(0), fill: "none", stroke: COLOURS[1], "stroke-width": tall ? 3 : 5, "stroke-linejoin": "round", class: "mine" }),
    s("line", { x1: mine, x2: mine, y1: bend, y2: floor, stroke: COLOURS[1], "stroke-width": tall ? 1.5 : 2 }),
    s("path", { d: `M${mine} ${floor - font * 0.7}l${font * 0.7} ${font * 0.7}l${-font * 0.7} ${font * 0.7}l${-font * 0.7} ${-font * 0.7}z`, fill: COLOURS[1], stroke: "#fff", "stroke-width": 2 }),
    other && s("g", { class: "named" }, s("line", { x1: far, x2: far, y1: foot + 0.25 * font, y2: hump, stroke: "#7a3e9d", "stroke-width": 1.5 }),
      name.map((line, k) => words(middle, foot - (name.length - 1 - k) * 1.1 * font, line, { "font-size": font * 0.95, fill: "#7a3e9d", "font-weight": 700, stroke: "#f6f3ec", "stroke-width": 5, "paint-order": "stroke" }))), // over the lines
    words(mine, top - 10, `${t("start.you")} ${cash(last[0])}`, { "text-anchor": anchor(mine), fill: COLOURS[1], "font-weight": 700, "font-size": font }),
    ticks.map((v) => words(x(v), floor + font * 1.5, cash(v), { "font-size": font * 0.95, "text-anchor": anchor(x(v)) })),
    (tall ? axis : [axis.join(t("comma"))]).map((line, k) => words((left + right) / 2, floor + font * (2.8 + 1.25 * k), line, { class: "axis", "font-size": font * 0.95, fill: "#47535e" })));
}

export const shareBelow = (list) => percent(list.filter((v) => v < list[0]).length / Math.max(1, list.length - 1));
