/** The package ships no types; this is what we call of it. */
declare module 'fs-native-extensions' {
  /** Takes a lock on the open file without waiting; false when somebody else has it. It goes with the descriptor, or with the process. */
  export function tryLock(descriptor: number): boolean
}
