// What a lesson reveals. Numbers that ship with the page settle within two seconds as run after run comes in; whoever
// doubts has them played live.
import { ask, facts } from "./api.js";
import { dyadLong, seat } from "./blocs.js";
import { button, h, put } from "./dom.js";
import { armChart } from "./figures.js";
import { isDrag, isGame, optionName, told, wordsOf } from "./lesson_words.js";
import { gameCard } from "./minutes.js";
import { glide } from "./motion.js";
import { colon, gap, t } from "./words.js";

const Z = 1.96;
const SETTLES = 2000; // ms
let stopGlide = () => {};
let timer = 0;
let generation = 0;

export function stopReveal() {
  stopGlide();
  clearTimeout(timer);
  generation += 1;
}

// box: where it is drawn; said: where it is told what it means; predicted: what was, or null; isNew: it moves; again: what leads on, and back to the question.
export function reveal(box, said, lesson, predicted, isNew, again = []) {
  stopReveal();
  const parts = { chart: h("div", {}), verdict: h("div", { id: "verdict-box", role: "status" }), more: h("div", {}), predicted, again };
  put(box, wordsOf(lesson).look && h("p", { id: "look" }, h("strong", {}, t("learn.look")), gap(), wordsOf(lesson).look), parts.chart);
  put(said, parts.verdict, parts.more);
  if (!lesson.revealed) return playLive(parts, lesson);
  if (isGame(lesson)) return showGame(parts, lesson, lesson.revealed);
  const rows = lesson.revealed;
  const last = (arm) => ({ ...arm.measured[lesson.measure], runs: arm.runs });
  const high = axis(lesson, rows.map(last));
  const step = (share) => draw(parts, lesson, rows.map((arm) => (share < 1 ? settling(arm.growth, share) : last(arm))), high, share < 1);
  const done = () => conclude(parts, lesson, rows.map(last));
  if (!isNew) { step(1); return done(); }
  step(0);
  // Even steps in the logarithm of runs: what the motion eases is undone.
  stopGlide = glide(SETTLES, (share) => step(1 - Math.cbrt(1 - share)), done);
}

// growth: rows [runs, value, low, high]; share of the way, 0 to 1.
function settling(growth, share) {
  const at = share * (growth.length - 1);
  const k = Math.min(Math.floor(at), growth.length - 2);
  const [runs, value, low, high] = growth[k].map((one, j) => one + (growth[k + 1][j] - one) * (at - k));
  return { runs: Math.round(runs), value, low, high };
}

const ENDS = [0.5, 1, 2, 5, 10, 20, 50]; // where an axis may end; shares and drags end at 1
function axis(lesson, rows) {
  const most = Math.max(...rows.map((row) => row.high));
  return isDrag(lesson) ? 1 : ENDS.find((end) => most <= end) ?? most;
}

// Arms that are nearer to the best than what counts as the same share the first place; a gain is compared with the best.
function truthOf(lesson, rows) {
  const best = Math.max(...rows.map((row) => row.value));
  if (isDrag(lesson)) return [near(lesson, rows)];
  const close = lesson.close * (lesson.measure === "gain" ? Math.abs(best) : 1);
  const top = lesson.arms.map((arm) => arm.label).filter((_, k) => best - rows[k].value < close);
  return top.length === rows.length ? ["same"] : top;
}

// The place, of those where a bar that is dragged can stop, that is nearest to where it stands.
const dragged = (lesson, rows) => rows[lesson.arms.findIndex((arm) => arm.label === lesson.drag)].value;
const near = (lesson, rows) => lesson.options.reduce((a, b) => (Math.abs(b / 100 - dragged(lesson, rows)) < Math.abs(a / 100 - dragged(lesson, rows)) ? b : a));

function draw(parts, lesson, rows, high, isMoving) {
  const truth = isMoving ? [] : truthOf(lesson, rows);
  const runs = Math.min(...rows.map((row) => row.runs));
  put(parts.chart,
    h("div", { class: "figure middle", "data-runs": runs, "data-moving": String(isMoving) },
      armChart(rows.map((row, k) => ({ ...row, name: optionName(lesson, lesson.arms[k].label), best: truth.includes(lesson.arms[k].label) || lesson.arms[k].label === lesson.drag,
        guess: lesson.arms[k].label === lesson.drag && parts.predicted ? Number(parts.predicted) / 100 : null })), (value) => told(lesson, value), high)),
    h("p", { class: "soft" }, t(`learn.measure_${lesson.measure}`, { runs, pair: dyadLong(lesson.dyad) })));
}

const verdict = (lesson, predicted, truth, answer = null) =>
  h("p", { id: "verdict" }, predicted && h("span", { class: `tag ${truth.includes(predicted) ? "good" : "flat"}` }, t(truth.includes(predicted) ? "learn.right" : "learn.other")), gap(),
    t("learn.truth", { answer: answer ?? truth.map((key) => optionName(lesson, key)).join(t("comma")) }));

function conclude(parts, lesson, rows, isLive = false) {
  put(parts.verdict, verdict(lesson, parts.predicted, truthOf(lesson, rows), isDrag(lesson) ? told(lesson, dragged(lesson, rows)) : null));
  more(parts, lesson, !isLive && !facts.held);
}

function more(parts, lesson, canPlay) {
  const { after, discuss } = wordsOf(lesson);
  put(parts.more, after && h("p", {}, after), discuss && h("p", { id: "discuss" }, h("strong", {}, t("learn.discuss"), colon()), discuss),
    h("div", { class: "bar" }, canPlay && button(t("learn.live"), () => playLive(parts, lesson), { id: "play-live" }), parts.again));
}

function showGame(parts, lesson, game) {
  const leaves = game.payoffs.map(([reward, temptation, sucker, punishment]) => temptation > reward && punishment >= sucker);
  const truth = leaves[0] && leaves[1] ? "both_leave" : leaves[0] || leaves[1] ? "one_leaves" : "both_keep";
  seat(facts.scenarios.find((one) => one.name === lesson.arms[0].settings.scenario)?.start);
  put(parts.chart, gameCard(game, lesson.dyad, true));
  put(parts.verdict, verdict(lesson, parts.predicted, [truth]));
  more(parts, lesson, false);
}

// --- played while the class watches ----------------------------------------------------------------------------------

async function playLive(parts, lesson) {
  stopReveal();
  const mine = generation;
  put(parts.verdict, h("p", { class: "soft" }, t("learn.playing")));
  let isFull = false;
  try {
    if (isGame(lesson)) {
      const game = await ask("lesson", { lesson: lesson.key });
      return mine === generation ? showGame(parts, lesson, game) : null;
    }
    const clouds = await askClouds(lesson);
    if (mine !== generation) return;
    const rows = clouds.map((cloud) => ({ ...measure(lesson, cloud), runs: cloud.runs }));
    if (rows.every((row) => row.runs)) draw(parts, lesson, rows, axis(lesson, rows), false);
    isFull = clouds.every((cloud) => cloud.fault || cloud.runs >= cloud.of);
    if (isFull && rows.every((row) => row.runs)) return conclude(parts, lesson, rows, true);
    put(parts.verdict, h("p", { class: "soft" }, t("learn.counting", { runs: Math.min(...rows.map((row) => row.runs)), of: clouds[0].of })));
  } catch { /* asked again */ }
  if (!isFull && mine === generation) timer = setTimeout(() => playLive(parts, lesson), 500);
}

const askClouds = (lesson) => Promise.all(lesson.arms.map((arm) => ask("cloud", { settings: arm.settings })));

// A question that is being read has its answer on the way: asking starts what is not played yet, and keeps it going.
// A game is played in a moment, by this very model: it is as good as what ships. drawn(): it is there.
export async function prepare(lesson, drawn) {
  const mine = generation;
  if (isGame(lesson)) {
    lesson.revealed = await ask("lesson", { lesson: lesson.key }).catch(() => null);
    return lesson.revealed && mine === generation ? drawn() : null;
  }
  const clouds = await askClouds(lesson).catch(() => []);
  const isFull = clouds.length && clouds.every((cloud) => cloud.fault || cloud.runs >= cloud.of);
  if (!isFull && mine === generation) timer = setTimeout(() => (mine === generation ? prepare(lesson, drawn) : null), 2000);
}

// Mean over pairs within a run first, because the pairs of one run share its luck; then mean and interval over runs.
function measure(lesson, cloud) {
  const n = cloud.runs;
  if (!n) return { value: 0, low: 0, high: 0 };
  if (lesson.measure === "emerged" || lesson.measure === "lasts") {
    const rates = lesson.measure === "lasts" ? [cloud.lasts[lesson.dyad]] : cloud.emerged.filter(Boolean);
    const mean = (k) => rates.reduce((total, rate) => total + rate[k], 0) / rates.length;
    return { value: mean(0), low: mean(1), high: mean(2) };
  }
  const pairs = lesson.measure === "gain" ? cloud.gain : cloud.depth;
  const means = pairs[0].map((_, r) => pairs.reduce((total, pair) => total + pair[r], 0) / pairs.length);
  const value = means.reduce((a, b) => a + b, 0) / n;
  const spread = Math.sqrt(means.reduce((a, b) => a + (b - value) ** 2, 0) / Math.max(1, n - 1) / n);
  return { value, low: value - Z * spread, high: value + Z * spread };
}
