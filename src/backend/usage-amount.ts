import type { JsonObject } from '../core/index.js'

/** A finite number, also one that a gateway has put between quotes. */
export function parseAmount(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value.trim()) ? Number(value) : undefined
}

/** The member if it is an amount, else `undefined`. */
export function readAmount(object: JsonObject | undefined, key: string): number | undefined {
  return parseAmount(object?.[key])
}
