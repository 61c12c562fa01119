// Hours go by in a moment, for programs that take no clock. Imported before them.
const MachineDate = Date
let aheadMs = 0

globalThis.Date = class extends MachineDate {
  constructor(...parts) {
    super(...(parts.length === 0 ? [MachineDate.now() + aheadMs] : parts))
  }

  static now() {
    return MachineDate.now() + aheadMs
  }
}

/** From now on it is `nowMs`, and time goes on from there. */
export function moveTimeTo(nowMs) {
  aheadMs = nowMs - MachineDate.now()
}
