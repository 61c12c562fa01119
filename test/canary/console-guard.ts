import { format } from 'node:util'
import { afterEach, beforeEach, vi, type MockInstance } from 'vitest'

/** How the emulator's tokens begin, each followed by more than any name has. */
const tokenShape = /(?:rt_|at-|ac_|deviceauth_|eyJ[\w-]+\.)[\w-]{30,}/

const methods = ['log', 'info', 'warn', 'error', 'debug'] as const
const printed: string[] = []
/** Taken once: a test that spies must not be spied upon by the next. */
const print = Object.fromEntries(methods.map((method) => [method, console[method].bind(console)]))

let spies: readonly MockInstance[] = []

/** Over the whole suite: nothing that a test prints holds a token. */
beforeEach(() => {
  spies = methods.map((method) =>
    vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      printed.push(format(...values))
      print[method]?.(...values)
    }),
  )
})

afterEach(() => {
  // The next file may share this process, and would take the spy for the console.
  for (const spy of spies) spy.mockRestore()
  const leaks = printed.splice(0).filter((line) => tokenShape.test(line))
  if (leaks.length > 0) throw new Error(`This test printed ${leaks.length} lines with a token in them.`)
})
