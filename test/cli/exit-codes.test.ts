import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit-codes.js'
import { errorTable, type ErrorCode } from '../../src/core/index.js'

const areas = { CONFIG: 2, SIGN_IN: 3, TOKEN: 3, STORE: 4, NETWORK: 5, UPSTREAM: 6, RPC: 7 } as const

describe('the exit code', () => {
  it.each(Object.keys(errorTable) as ErrorCode[])('of %s is the one of its area', (code) => {
    const area = Object.entries(areas).find(([name]) => code.startsWith(`ERR_${name}_`))
    expect(exitCodeOf(code)).toBe(area?.[1])
  })
})
