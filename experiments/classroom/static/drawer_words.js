// What is changed in the laboratory, in words.
import { DYADS, bloc, dyad } from "./blocs.js";
import { state } from "./run.js";
import { controlOf } from "./settings.js";
import { aside, choiceName, colon, digits, t } from "./words.js";

export const said = (value) => (typeof value === "boolean" ? t(value ? "yes" : "no") : typeof value === "number" ? digits(value, Number.isInteger(value) ? 0 : 2) : choiceName(value));

export function branchLines({ changes } = state.settings, moves = state.moves) {
  if (!state.start) return []; // an address may ask for anything: what is told is what has been played
  const label = (quarter) => state.start.labels[quarter] ?? quarter;
  return [
    ...changes.map(([quarter, name, value]) => t("branch.from", { quarter: label(quarter), what: `${t(`control.${name}`)} = ${said(value)}` })),
    ...moves.filter(([, d, b]) => DYADS[d]?.includes(b)).map(([quarter, d, b, kind, , value]) => {
      const decider = `${bloc(b)}${aside(dyad(d))}`;
      return t("branch.from", { quarter: label(quarter), what: kind === "keep" ? `${decider}${colon()}${t(`branch.${value}`)}` : decider });
    }),
  ];
}

// The starting point where it is another one than usual, and each setting that is not the starting point's own.
export const changedLines = () => [
  ...(state.settings.scenario === "2026" ? [] : [t(`scenario.${state.settings.scenario}`)]),
  ...Object.entries(state.settings.parameters).filter(([name]) => controlOf(name)).map(([name, value]) => `${t(`control.${name}`)} = ${said(value)}`),
];
