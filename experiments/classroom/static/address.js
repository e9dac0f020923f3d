// Settings in the address, so that a link shows what one sees: #watch?from=2026&luck=17&set=generosity:0.9&quarter=3
const plain = (text) => encodeURIComponent(text).replace(/%3A/g, ":").replace(/%2C/g, ",");

export function link({ settings, moves = [], shown = 0 }) {
  const said = [["from", settings.scenario], ["luck", settings.replicate]];
  if (settings.seed) said.push(["seed", settings.seed]);
  const set = Object.entries(settings.parameters || {}).map(([name, value]) => `${name}:${value}`);
  if (set.length) said.push(["set", set.join(",")]);
  if (settings.changes?.length) said.push(["change", settings.changes.map((one) => one.join(":")).join(",")]);
  if (moves.length) said.push(["move", moves.map((one) => one.join(":")).join(",")]);
  if (shown) said.push(["quarter", shown]);
  return `watch?${said.map(([name, value]) => `${name}=${plain(value)}`).join("&")}`;
}

const whole = (text, most) => (/^\d{1,6}$/.test(text) ? Math.min(most, Number(text)) : 0);
const value = (text) => (text === "true" ? true : text === "false" ? false : /^-?\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : text);
const rows = (text) => (text ? text.split(",").slice(0, 200).map((row) => row.split(":")) : []);

// What an address says, or null where it says nothing; whether it is allowed, the server says.
export function read(hash) {
  const at = hash.indexOf("?");
  if (at < 0) return null;
  const said = new URLSearchParams(hash.slice(at + 1));
  const settings = {
    scenario: said.get("from") || "2026", replicate: whole(said.get("luck") || "", 99999),
    parameters: Object.fromEntries(rows(said.get("set")).filter((row) => row.length === 2).map(([name, text]) => [name, value(text)])),
    changes: rows(said.get("change")).filter((row) => row.length === 3).map(([quarter, name, text]) => [Number(quarter), name, value(text)]),
  };
  if (/^\d{1,39}$/.test(said.get("seed") || "")) settings.root_seed = said.get("seed");
  const moves = rows(said.get("move")).filter((row) => row.length === 6).map((row) => row.map(value));
  return { settings, moves, shown: whole(said.get("quarter") || "", 999) };
}
