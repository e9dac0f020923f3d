// Sliders and switches by mechanism, with units and ranges; presets from scenarios.
import { facts } from "./api.js";
import { add, button, h, select } from "./dom.js";
import { aside, choiceName, colon, percent, plain, t } from "./words.js";

export const controlOf = (name) => facts.controls.find((one) => one.name === name);
// Those that are of everybody, or of somebody who sits at this table.
export function controlsOf(settings) {
  const without = facts.scenarios.find((one) => one.name === settings.scenario)?.without ?? [];
  return facts.controls.filter((control) => !without.includes(control.name));
}
const presetOf = (settings) => facts.scenarios.find((one) => one.name === settings.scenario)?.parameters || {};

export function valueOf(settings, name) {
  if (name in settings.parameters) return settings.parameters[name];
  const preset = presetOf(settings);
  return name in preset ? preset[name] : controlOf(name).default;
}

const places = (control) => (control.kind === "int" ? 0 : control.high - control.low > 20 ? 0 : control.high - control.low > 2 ? 1 : 3);
export const unitOf = (control) => t(`unit.${control.unit}`);

// Ends of a scale without a unit that says how much they are.
const ENDS = { perception_noise: ["end.none", "end.much"] };
// What a number means where its unit does not say it: a share instead of a logit, the level of dialogue that is reached.
function meaning(control, number) {
  if (control.unit === "logit") return percent(1 / (1 + Math.exp(-number)));
  const level = Object.entries(control.levels ?? {}).filter(([, value]) => value <= number + 1e-9).at(-1);
  return level ? t(`level.${level[0]}`) : "";
}
function shown(control, number) {
  const [said, value] = [meaning(control, number), `${plain(number, places(control))} ${unitOf(control)}`.trim()];
  return said ? `${said}${aside(value)}` : value;
}
const endOf = (control, number, k) => (ENDS[control.name] ? t(ENDS[control.name][k]) : meaning(control, number) || plain(number, places(control)));

// One control: a slider, a switch or a list. change(value) is called when the hand lets go, moves(value) while it moves.
export function controlFor(control, value, change, isChanged = false, prefix = "set", moves = () => {}) {
  const id = `${prefix}-${control.name}`;
  const label = t(`control.${control.name}`);
  const box = h("div", { class: `control${isChanged ? " changed" : ""}` });
  if (control.kind === "bool") {
    return add(box, [h("label", { for: id }, h("input", { type: "checkbox", id, checked: value, onchange: (event) => change(event.target.checked) }), " ", label)]);
  }
  if (control.kind === "choice") {
    return add(box, [h("label", { for: id }, label), h("div", {},
      select(control.choices.map((key) => [key, choiceName(key)]), value, change, { id }))]);
  }
  const step = control.kind === "int" ? 1 : (control.high - control.low) / 100;
  const out = h("output", { for: id }, shown(control, value));
  const tell = (number) => { out.textContent = shown(control, number); slider.setAttribute("aria-valuetext", out.textContent); };
  const slider = h("input", {
    type: "range", id, min: control.low, max: control.high, step, "aria-valuetext": out.textContent,
    oninput: (event) => { tell(Number(event.target.value)); moves(Number(event.target.value)); },
    onchange: (event) => change(Number(event.target.value)),
  });
  slider.value = value;
  return add(box, [
    h("label", { for: id }, label, colon()), out, slider,
    h("div", { class: "range soft" }, [control.low, control.high].map((end, k) => h("span", {}, endOf(control, end, k)))),
  ]);
}

// The values that differ from the preset, with one of them set.
export function withOne(settings, name, value) {
  const parameters = { ...settings.parameters, [name]: value };
  const preset = presetOf(settings);
  if (value === (name in preset ? preset[name] : controlOf(name).default)) delete parameters[name];
  return parameters;
}

// All groups; change(parameters) gets the new table of values that differ from the preset, moves(parameters) while a
// slider moves.
export function settingsPanel(settings, change, moves = () => {}) {
  const controls = controlsOf(settings);
  const groups = [...new Set(controls.map((control) => control.group))];
  const panel = h("div", {});
  for (const group of groups) {
    const own = controls.filter((control) => control.group === group);
    const changed = own.filter((control) => control.name in settings.parameters).length;
    add(panel, [h("details", { id: `group-${group}`, open: changed > 0 },
      h("summary", {}, t(`group.${group}`), changed ? aside(t("settings.changed", { n: changed })) : ""),
      h("div", { class: "controls" }, own.map((control) =>
        controlFor(control, valueOf(settings, control.name), (value) => change(withOne(settings, control.name, value)), control.name in settings.parameters, "set",
          (value) => moves(withOne(settings, control.name, value))))))]);
  }
  add(panel, [button(t("settings.reset"), () => change({}), { id: "settings-reset" })]);
  return panel;
}

export const presets = (settings, change, id) =>
  select(facts.scenarios.map((one) => [one.name, t(`scenario.${one.name}`)]), settings.scenario, change, { id, "aria-label": t("settings.scenario") });
