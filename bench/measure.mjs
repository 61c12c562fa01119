// Measuring on a machine that is busy with other things too: what is compared takes turns in the same rounds, in an order drawn anew for each,
// and a ratio is taken within a round, so that drift hits both sides alike. Medians, because a pause of the machine is no property of the code.
export const warmUpRounds = 3

/**
 * Runs each subject once a round.
 *
 * @param {Record<string, () => unknown>} subjects by name
 * @param {number} rounds
 * @returns {Promise<Record<string, number[]>>} milliseconds by round
 */
export async function measureRounds(subjects, rounds) {
  const samples = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]))
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const [name, run] of shuffled(Object.entries(subjects))) {
      const tookMs = await timeMs(run)
      if (round >= 0) samples[name].push(tookMs)
    }
  }
  return samples
}

/**
 * A row of the table: how long `name` took, and how many times as long as `against` in the same round.
 *
 * @param {Record<string, number[]>} samples of `measureRounds`
 * @param {{ name: string, against: string, aim?: number }} comparison `aim` is the most that the ratio may be
 */
export function compare(samples, { name, against, aim }) {
  const ratio = spreadOf(samples[name].map((tookMs, round) => tookMs / samples[against][round]))
  return { name, unit: 'ms', measured: spreadOf(samples[name]), against, ratio, ...judge(ratio.median, aim) }
}

/** Whether `value` is within `aim`; nothing where there is no aim. */
export function judge(value, aim) {
  return aim === undefined ? {} : { aim, met: value <= aim }
}

/** Where the values lie. */
export function spreadOf(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))]
  return { median: at(0.5), p10: at(0.1), p90: at(0.9), p99: at(0.99) }
}

async function timeMs(run) {
  const startMs = performance.now()
  await run()
  return performance.now() - startMs
}

function shuffled(items) {
  return items
    .map((item) => ({ item, lot: Math.random() }))
    .toSorted((a, b) => a.lot - b.lot)
    .map(({ item }) => item)
}
