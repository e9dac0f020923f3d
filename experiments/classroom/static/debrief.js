// The debrief: the class against hundreds of runs by the rules alone, with the class's own luck among them. Printable.
import { ask, facts } from "./api.js";
import { DYADS, bloc, dyad, packageLines, the } from "./blocs.js";
import { button, h, notice, put, wide } from "./dom.js";
import { charts } from "./charts.js";
import { hand, save } from "./figure_files.js";
import { cloudChart } from "./figures.js";
import { aside, digits, gap, percent, signedMoney, t } from "./words.js";

let timer = 0;

export function debrief(room, quarters, mine) {
  const cloudBox = h("div", {}, h("p", { class: "soft" }, t("cloud.waiting")));
  clearTimeout(timer);
  const ask_ = async () => {
    try {
      const cloud = await ask("room/cloud", { table: room.table ?? 0 });
      if (room.outcome.length) put(cloudBox, compare(room, cloud));
      if (cloud.runs < cloud.of && !cloud.fault) timer = setTimeout(ask_, 500);
    } catch {
      timer = setTimeout(ask_, 2000);
    }
  };
  ask_();
  const moves = room.moves;
  const own = moves.filter((move) => !move.same);
  const parts = [
    h("h2", {}, t("debrief.title"), !isOne(room) ? ` · ${t("wall.stand", { n: room.table + 1 })}` : ""),
    h("p", {}, t("debrief.text", { quarters: quarters.length, scenario: t(`scenario.${room.settings.scenario}`), replicate: room.settings.replicate })),
    h("div", { class: "bar noprint" },
      button(t("debrief.print"), () => window.print(), { id: "print" }),
      button(t("debrief.export"), async () => {
        try { save(await ask("room/export", { table: room.table ?? 0 }), "detente-class.json"); } catch (fault) { notice(t(`refused.${fault.code}`), true); }
      }, { id: "room-export" }),
      facts.held ? null : button(t("debrief.take_home"), (event) => takeHome(event, room.table ?? 0), { id: "take-home", class: "main" })),
    facts.held ? null : h("p", { class: "soft noprint" }, t("debrief.take_home_text")),
    room.outcome.length && Number.isInteger(mine) ? h("p", { class: "now", id: "own-gains" }, ownGains(room, mine)) : null,
    room.outcome.length ? outcomes(room) : null,
    h("h3", {}, t("cloud.title")), cloudBox,
    quarters.length > 1 ? [h("h3", {}, t("watch.series")), h("div", { class: "charts" }, charts(quarters, quarters.length - 1, quarters.map((q) => q.label)))] : null,
    h("h3", {}, t(room.advised === false ? "debrief.decisions" : "debrief.moves")),
    h("p", {}, room.advised === false ? t("debrief.moves_count", { n: moves.length }) : t("debrief.moves_text", { n: moves.length, own: own.length })),
    own.length ? h("ul", { class: "plain" }, own.map((move) => h("li", {}, moveLine(move, room)))) : null,
    h("h3", {}, t("debrief.questions")),
    h("ol", {}, [1, 2, 3, 4].map((k) => h("li", {}, t(`debrief.question_${k}`)))),
  ];
  return h("div", { class: "grid", "data-seat": mine ?? "none" }, parts);
}

async function takeHome(event, table) {
  const own = event.currentTarget;
  own.disabled = true; // it takes a while, and once is enough
  try {
    const { html } = await ask("room/page", { language: document.documentElement.lang, table });
    hand(new Blob([html], { type: "text/html;charset=utf-8" }), "detente-class.html");
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  } finally {
    own.disabled = false;
  }
}

// What was gained stands first: on a phone the last columns are off the screen.
export const outcomes = (room) => wide(t("home.outcome"), h("table", { class: "wide" },
  h("thead", {}, h("tr", {}, ["pair", "gains", "emerged", "depth", "treaty", "signed", "lapses"].map((name) => h("th", {}, t(`debrief.${name}`))))),
  h("tbody", {}, room.outcome.map((row, d) => h("tr", {}, h("th", { class: "left" }, dyad(d)),
    h("td", { class: "left" }, `${bloc(DYADS[d][0])} ${signedMoney(row.gain_first)}`, h("br"), `${bloc(DYADS[d][1])} ${signedMoney(row.gain_second)}`), h("td", {}, t(row.inherited ? (row.kept ? "debrief.kept" : "debrief.lost") : row.emerged ? "yes" : "no")),
    h("td", {}, percent(row.mean_depth)), h("td", {}, digits(row.treaty_quarters, 0)), h("td", {}, digits(row.n_treaties, 0)), h("td", {}, digits(row.n_lapses, 0)))))));

// What the bloc whose seat this is gained in each of its pairs, in one line.
const ownGains = (room, mine) => t("debrief.own", { who: bloc(mine), gains: DYADS.flatMap((pair, d) => (pair.includes(mine)
  ? [`${signedMoney(room.outcome[d][pair[0] === mine ? "gain_first" : "gain_second"])}${aside(dyad(d))}`] : [])).join(t("and")) });

// Whether the class sits at one table, so that its game is the class's.
const isOne = (room) => !(room.tables > 1);

function compare(room, cloud) {
  if (!cloud.runs) return h("p", { class: "soft" }, t("cloud.waiting"));
  return h("div", { "data-runs": cloud.runs, id: "class-cloud" },
    h("p", {}, t(isOne(room) ? "debrief.cloud" : "debrief.cloud_table", { runs: digits(cloud.runs, 0) }), gap(), t("cloud.meaning")),
    h("div", { class: "clouds" }, DYADS.map((_, d) => {
      const mine = room.outcome[d].mean_depth;
      const below = cloud.depth[d].filter((v) => v < mine).length / cloud.runs;
      return h("div", {}, cloudChart(cloud, d, mine, t(isOne(room) ? "debrief.class" : "debrief.table")),
        h("p", {}, t("debrief.place", { share: percent(below) }), gap(), t(isOne(room) ? "debrief.twin" : "debrief.twin_table", { mine: percent(mine), twin: percent(cloud.depth[d][0]) })));
    })));
}

function moveLine(move, room) {
  const label = room.start.labels[move.quarter];
  const say = (value) => move.kind !== "offer" ? t(`move.${value}`) : value === -1 ? t("move.nothing") : offered(move, value);
  return t("debrief.move", { quarter: label, who: the(move.bloc), pair: dyad(move.dyad), value: say(move.value), advice: say(move.advice) });
}

// A package as it was understood when it was tabled.
const offered = (move, index) => packageLines(move.dyad, move.papers[index]).join(t("comma"));
