import { measureRounds, spreadOf } from '../measure.mjs'
import { connections, measuredUsers, tenant, userOf } from './filled-vault.mjs'

const batch = 2000
/** What is cached is over so soon that it takes more of them to see. */
const cachedBatch = 10 * batch
const select = 'SELECT * FROM planpass.credentials WHERE tenant = $1 AND user_id = $2'
const prepared = { name: 'bench-plain', text: select }

/** Resolving a user's credential, against a plain SELECT of the same row by its primary key through the same driver. */
export async function benchResolve({ size, vault, plain, superuser }, rounds) {
  const [plainly, preparedly, uncached, cached] = [newRecord(), newRecord(), newRecord(), newRecord()]
  const records = { plain: plainly, prepared: preparedly, uncached, cached }
  const subjects = {
    plain: () => inBatches(plainly, (user) => superuser.query(select, [tenant, user])),
    prepared: () => inBatches(preparedly, (user) => plain.query(prepared, [tenant, user])),
    uncached: () => inBatches(uncached, (user) => vault.store({ tenant, user }).read()),
    cached: () => inBatches(cached, (user) => vault.session({ tenant, user }).credential(), cachedBatch),
  }
  const memory = await measureMemory(vault)
  const measured = await measureRounds(subjects, rounds)
  const samples = { ...measured, cached: measured.cached.map((tookMs) => tookMs / (cachedBatch / batch)) }
  const row = (name, subject, aim, against = 'plain') => {
    const perSecond = Math.round((batch * 1000) / spreadOf(samples[subject]).median)
    const ratio = spreadOf(samples[subject].map((tookMs, round) => samples[against][round] / tookMs)).median
    const { latencies, usedMicroseconds } = records[subject]
    const p99 = spreadOf(latencies).p99.toFixed(2)
    const used = (usedMicroseconds / latencies.length).toFixed(1)
    const judged = aim === undefined ? {} : { aim, met: ratio >= aim }
    return { size, name, measured: `${perSecond}/s, p99 ${p99} ms, ${used} µs of this process`, ratio, ...judged }
  }
  return [
    row('plain SELECT', 'plain'),
    row('plain SELECT, prepared once', 'prepared'),
    row('resolve, uncached', 'uncached', 0.7),
    row('the same against a prepared SELECT', 'uncached', undefined, 'prepared'),
    row('resolve, cached', 'cached', 20),
    { size, name: 'memory of a cached user', measured: `${(memory / 1024).toFixed(1)} kB` },
    { size, name: 'disk of a credential', measured: `${((await diskOf(superuser)) / size / 1024).toFixed(1)} kB` },
  ]
}

const newRecord = () => ({ latencies: [], usedMicroseconds: 0 })

/** As many at a time as there are connections, as a busy instance has them. */
async function inBatches(record, resolve, count = batch) {
  let left = count
  const before = process.cpuUsage()
  const work = async () => {
    while (left > 0) {
      left -= 1
      const user = userOf(Math.floor(Math.random() * measuredUsers))
      const startMs = performance.now()
      await resolve(user)
      record.latencies.push(performance.now() - startMs)
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  const { user, system } = process.cpuUsage(before)
  record.usedMicroseconds += user + system
}

async function measureMemory(vault) {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed + process.memoryUsage().external
  for (let index = 0; index < measuredUsers; index += 1)
    await vault.session({ tenant, user: userOf(index) }).credential()
  globalThis.gc?.()
  return (process.memoryUsage().heapUsed + process.memoryUsage().external - before) / measuredUsers
}

async function diskOf(superuser) {
  const { rows } = await superuser.query(`SELECT pg_total_relation_size('planpass.credentials')::float8 AS bytes`)
  return rows[0].bytes
}
