// The six lines over time, as figures and as numbers.
import { BLOCS, COLOURS, DASHES, DYADS, bloc, short } from "./blocs.js";
import { legendOf, legendOfBloc, lineChart } from "./figures.js";
import { digits, percent, t } from "./words.js";

// Twelve arrows and more would lie over each other: a chart for each importer, a line for each whose cars come.
function ofImporter(b, format, most) {
  const arrows = DYADS.flatMap(([i, j], d) => [[i, j, 2 * d], [j, i, 2 * d + 1]]).filter(([i]) => i === b);
  return ["duties", (q, k) => q.directed[arrows[k][2]].duty_ev, arrows.map(([, j]) => ({ colour: COLOURS[j], dash: DASHES[j], name: short(j) })), format, [0, most], b];
}

function table(quarters) {
  const pairs = DYADS.map((_, d) => legendOf(d));
  const blocs = BLOCS.map((_, b) => legendOfBloc(b));
  const arrows = DYADS.flatMap(([i, j]) => [[i, j], [j, i]]).map(([i, j]) => ({ colour: COLOURS[i], dash: DASHES[j], name: `${short(i)}←${short(j)}` }));
  const most = Math.max(0.5, ...quarters.flatMap((q) => q.directed.map((row) => row.duty_ev))); // one scale for all importers
  const one = [{ colour: "#333", dash: "", name: "" }];
  const whole = (v) => percent(v);
  return [
    ["depth", (q, d) => q.dyads[d].depth, pairs, whole, [0, 1]],
    ...(BLOCS.length > 3 ? BLOCS.map((_, b) => ofImporter(b, whole, most)) : [["duties", (q, k) => q.directed[k].duty_ev, arrows, whole, [0, 0.5]]]),
    ["tension", (q, d) => q.dyads[d].tension, pairs, whole, [0, 1]],
    ["ev_share", (q, b) => q.blocs[b].ev_share, blocs, whole, [0, 1]],
    ["battery", (q) => q.world.battery_cost, one, (v) => digits(v, 0), undefined],
    ["co2", (q) => q.world.co2_saved, one, (v) => digits(v, 0), [0, 1]],
  ];
}

export function charts(quarters, shown, labels, ghost, tools = () => null) {
  const upto = quarters.slice(0, shown + 1);
  return table(upto).map(([chart, pick, looks, format, range, importer]) => {
    const name = importer === undefined ? chart : `${chart}-${importer}`;
    const title = importer === undefined ? t(`chart.${chart}`) : t(`chart.${chart}_of`, { who: bloc(importer) });
    const series = looks.map((look, k) => ({ ...look, values: upto.map((q) => pick(q, k)), ghost: ghost?.map((q) => pick(q, k)) }));
    const rows = () => [["quarter", ...looks.map((look) => look.name || title)], ...upto.map((q) => [q.label, ...looks.map((_, k) => pick(q, k))])];
    const figure = lineChart(title, labels, series, shown, format, range);
    const save = tools(`chart-${name}`, title, rows);
    if (!save) return figure;
    figure.id = `box-chart-${name}`;
    figure.prepend(save);
    return figure;
  });
}
