// The six lines over time, as figures and as numbers.
import { BLOCS, COLOURS, DASHES, DYADS, short } from "./blocs.js";
import { legendOf, legendOfBloc, lineChart } from "./figures.js";
import { digits, percent, t } from "./words.js";

function table() {
  const pairs = DYADS.map((_, d) => legendOf(d));
  const blocs = BLOCS.map((_, b) => legendOfBloc(b));
  const arrows = DYADS.flatMap(([i, j]) => [[i, j], [j, i]]).map(([i, j]) => ({ colour: COLOURS[i], dash: DASHES[j], name: `${short(i)}←${short(j)}` }));
  const one = [{ colour: "#333", dash: "", name: "" }];
  const whole = (v) => percent(v);
  return [
    ["depth", (q, d) => q.dyads[d].depth, pairs, whole, [0, 1]],
    ["duties", (q, k) => q.directed[k].duty_ev, arrows, whole, [0, 0.5]],
    ["tension", (q, d) => q.dyads[d].tension, pairs, whole, [0, 1]],
    ["ev_share", (q, b) => q.blocs[b].ev_share, blocs, whole, [0, 1]],
    ["battery", (q) => q.world.battery_cost, one, (v) => digits(v, 0), undefined],
    ["co2", (q) => q.world.co2_saved, one, (v) => digits(v, 0), [0, 1]],
  ];
}

export function charts(quarters, shown, labels, ghost, tools = () => null) {
  const upto = quarters.slice(0, shown + 1);
  return table().map(([name, pick, looks, format, range]) => {
    const series = looks.map((look, k) => ({ ...look, values: upto.map((q) => pick(q, k)), ghost: ghost?.map((q) => pick(q, k)) }));
    const rows = () => [["quarter", ...looks.map((look) => look.name || t(`chart.${name}`))], ...upto.map((q) => [q.label, ...looks.map((_, k) => pick(q, k))])];
    const figure = lineChart(t(`chart.${name}`), labels, series, shown, format, range);
    const save = tools(`chart-${name}`, t(`chart.${name}`), rows);
    if (!save) return figure;
    figure.id = `box-chart-${name}`;
    figure.prepend(save);
    return figure;
  });
}
