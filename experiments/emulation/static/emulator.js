// What experiments/emulation/emulator.py answers, number for number: an emulator from the file that `detente emulate` wrote.
const CURVES = ["mean", "run_low", "run_high"];
const ROOT_5 = Math.sqrt(5);
const clipped = (x, [low, high]) => Math.min(Math.max(x, low), high);

// Where the value of an input lies between the ends of its range, from 0 to 1.
const shareOf = ({ low, high, scale }, value) =>
  (scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));

// predict(settings): every output's { outcome, where, mean, low, high, runLow, runHigh }. Inputs that are not named have
// their usual values; what lies outside the box is a RangeError. A mean is NaN where no run has the outcome, runLow and
// runHigh are null where it is a yes or no.
export function emulatorOf(told) {
  const points = told.points.map((point) => Float64Array.from(point));
  const outputs = told.outputs.map((one) => ({
    one,
    materns: one.shares.map((share, m) => ({ share, nearness: Float64Array.from(one.lengths[m], (length) => 1 / (length * length)) })),
    weights: CURVES.map((name) => Float64Array.from(one[name].weights)),
    offsets: CURVES.map((name) => one[name].offset),
  }));

  const place = (settings) => {
    for (const name of Object.keys(settings)) {
      if (!told.inputs.some((input) => input.name === name)) throw new RangeError(`${name} is not an input of this emulator`);
    }
    return told.inputs.map((input) => {
      const value = settings[input.name] ?? input.usual;
      const isRight = typeof value === "number" && value >= input.low && value <= input.high && (!input.is_whole || Number.isInteger(value));
      if (!isRight) throw new RangeError(`${input.name} = ${value}: allowed is ${input.is_whole ? "a whole number" : "a number"} from ${input.low} to ${input.high}`);
      return shareOf(input, value);
    });
  };

  // The mean and the two ends of the chance band of one output.
  const curvesOf = ({ one, materns, weights, offsets }, at) => {
    const sums = [0, 0, 0];
    for (let n = 0; n < points.length; n += 1) {
      let kernel = 0;
      for (const { share, nearness } of materns) {
        let square = 0;
        for (let k = 0; k < at.length; k += 1) {
          const apart = points[n][k] - at[k];
          square += nearness[k] * apart * apart;
        }
        const distance = ROOT_5 * Math.sqrt(square);
        kernel += share * (1 + distance + (distance * distance) / 3) * Math.exp(-distance);
      }
      for (let c = 0; c < 3; c += 1) sums[c] += weights[c][n] * kernel;
    }
    const [mean, low, high] = sums.map((sum, c) => clipped(offsets[c] + sum, one.limits));
    return [mean, low, Math.max(low, high)];
  };

  const predict = (settings = {}) => {
    const at = place(settings);
    const curves = outputs.map((output) => curvesOf(output, at));
    return outputs.map(({ one }, k) => {
      const [mean, runLow, runHigh] = curves[k];
      const isThere = !one.only || (curves[one.only[0]][0] >= 0.5) === one.only[1];
      const luck = one.is_yes_no ? Math.sqrt(Math.abs(mean * (1 - mean))) : 0.5 * (runHigh - runLow);
      const half = one.width * (luck + one.floor);
      const ends = one.is_yes_no ? [null, null] : isThere ? [runLow, runHigh] : [NaN, NaN];
      const said = isThere ? [mean, clipped(mean - half, one.limits), clipped(mean + half, one.limits)] : [NaN, NaN, NaN];
      return { outcome: one.outcome, where: one.where, mean: said[0], low: said[1], high: said[2], runLow: ends[0], runHigh: ends[1] };
    });
  };
  return { told, inputs: told.inputs, outputs: told.outputs, predict };
}
