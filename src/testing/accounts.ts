/** A person's ChatGPT account as the emulator plays it. */
export interface EmulatedAccount {
  readonly email: string
  readonly userId: string
  readonly accountId: string
  /** As in the `chatgpt_plan_type` claim: `plus`, `pro`, `team`, `business`, … */
  readonly planType: string
  readonly isFedramp: boolean
}

/** The account that signs in when a test names none. */
export const defaultAccount: EmulatedAccount = {
  email: 'ada@example.test',
  userId: 'user-emulated-1',
  accountId: 'account-emulated-1',
  planType: 'plus',
  isFedramp: false,
}
