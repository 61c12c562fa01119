import { setImmediate } from 'node:timers/promises'
import type { CasCell } from '../../src/stores/cas.js'

/** A cell in memory, as far away as a turn of the event loop. */
export interface MemoryCell extends CasCell {
  /** What lies in it; versions are the values themselves, as where they are hashes. */
  value: string | undefined
  sets: number
  /** The view of somebody whose connection can be cut. */
  readonly view: () => CasCell & { isCut: boolean }
}

export function createMemoryCell(value?: string): MemoryCell {
  const cell: MemoryCell = {
    value,
    sets: 0,
    get: async () => {
      await setImmediate()
      return cell.value === undefined ? undefined : { value: cell.value, version: cell.value }
    },
    set: async (next, expectedVersion) => {
      await setImmediate()
      if (cell.value !== expectedVersion) return false
      cell.value = next
      cell.sets += 1
      return true
    },
    view: () => {
      const view = {
        isCut: false,
        get: () => (view.isCut ? cut() : cell.get()),
        set: (next: string, version: string | undefined) => (view.isCut ? cut() : cell.set(next, version)),
      }
      return view
    },
  }
  return cell
}

async function cut(): Promise<never> {
  throw new Error('the connection is cut')
}
