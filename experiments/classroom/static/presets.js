// Five settings in words. Each is compared with its own starting point, and says what it sets.
export const PRESETS = [
  { key: "leaders", scenario: "2026", parameters: { dialogue_ceiling: 1 } },
  { key: "grim", scenario: "2026", parameters: { retaliation_rule: "grim" } },
  { key: "fog", scenario: "2026", parameters: { false_alarm: 0.35, missed_violation: 0.35 } },
  { key: "door", scenario: "2026-open-access", parameters: {} },
  // From the start of 2026 hardly any club forms: the blocs are too unlike.
  { key: "club", scenario: "symmetric", parameters: { climate_club: true, club_penalty: 0.25 } },
];

export const isOn = (preset, settings) =>
  preset.scenario === settings.scenario && !settings.changes.length &&
  JSON.stringify(Object.entries(preset.parameters).sort()) === JSON.stringify(Object.entries(settings.parameters).sort());
