import { setFlagsFromString } from 'node:v8'

/**
 * Has this process collect its whole heap less often. Node reads each connection into buffers of 64 kB, which V8 counts with the old heap until the
 * young one is collected next. In a process that has little else, some hundred buffers of a long answer come to more than the heap may grow by, so
 * that all of it is looked through ten times a second, for a third of the processor's time. It may grow to five times what is in use after each
 * collection, which is some twenty megabytes, and a few more for each hundred streams. For a process of our own alone, since it goes for all that is in
 * one. An engine that does not know the flag says so, and goes on without.
 */
export function collectLate(): void {
  setFlagsFromString('--heap-growing-percent=400')
}
