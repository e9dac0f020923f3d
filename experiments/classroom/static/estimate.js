// What the emulator says of settings at once, before anything is played: marked as estimated wherever it is shown.
import { ask, facts } from "./api.js";
import { BLOCS, DYADS } from "./blocs.js";
import { emulatorOf } from "./emulator.js";

let emulator = null;
let why = ""; // why there is none
let loading = null;

// Fetched once, where there is one; done() when it is there.
export function load(done = () => {}) {
  if (!facts.emulator) return null;
  loading ??= ask("emulator").then((told) => {
    if (told.version === facts.version) (emulator = emulatorOf(told)).predict(); // the first time takes longest
    else why = "other_version"; // it speaks of another model
  }).catch(() => { loading = null; });
  return loading.then(done);
}

export const inputs = () => emulator?.inputs ?? [];
export const told = () => emulator?.told ?? null;

// A setting that it was not made for is one that it does not answer.
function hindrance({ scenario, parameters = {}, changes = [], quarters = 0 }, moves) {
  if (why) return why;
  if (quarters || changes.length || moves.length || scenario !== emulator.told.scenario) return "not_here";
  const made = emulator.told.settings;
  const rest = Object.keys(parameters).filter((name) => !emulator.inputs.some((one) => one.name === name));
  return rest.some((name) => made[name] !== parameters[name]) || Object.keys(made).some((name) => made[name] !== parameters[name]) ? "not_here" : "";
}

// { pairs: [{ depth, rate, gain, durable, duties }], blocs: [ev share] }, each as the emulator answers; { why } where it
// does not; null where there is no emulator, or it is still on its way.
export function estimated(settings, moves = []) {
  if (!emulator && !why) return null;
  const no = hindrance(settings, moves);
  if (no) return { why: no };
  let answers;
  try {
    answers = emulator.predict(Object.fromEntries(emulator.inputs.filter((one) => one.name in settings.parameters).map((one) => [one.name, settings.parameters[one.name]])));
  } catch (fault) {
    if (fault instanceof RangeError) return { why: "outside" };
    throw fault;
  }
  const found = new Map(answers.map((one) => [`${one.outcome} ${one.where}`, one]));
  const of = (outcome, where) => { const one = found.get(`${outcome} ${where}`); return one && Number.isFinite(one.mean) ? one : null; };
  return {
    pairs: DYADS.map((pair) => {
      const where = pair.map((b) => BLOCS[b]).join("-");
      const isInherited = (of("inherited", where)?.mean ?? 0) >= 0.5;
      return { depth: of("mean_depth", where), isInherited, rate: of(isInherited ? "kept" : "emerged", where), gain: of("gain_share", where),
        durable: of("durable", where), duties: [of("duty_first", where), of("duty_second", where)] };
    }),
    blocs: BLOCS.map((bloc) => of("final_ev_share", bloc)),
  };
}

// The mean depth over the pairs, the number in which the laboratory says before and after.
export function everywhere(found) {
  const depths = found?.pairs?.map((pair) => pair.depth?.mean) ?? [];
  return depths.length && depths.every(Number.isFinite) ? depths.reduce((a, b) => a + b, 0) / depths.length : null;
}
