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

/** Names one membership: a person may have several workspaces, and a workspace several people (real-codex 6, `account_user_id`). */
export function accountKey(account: EmulatedAccount): string {
  return `${account.userId}__${account.accountId}`
}

/** The account a form, a control request or a test means by its key, its account id or its email. */
export function findAccount(accounts: readonly EmulatedAccount[], name: string): EmulatedAccount | undefined {
  return accounts.find((account) => [accountKey(account), account.accountId, account.email].includes(name))
}
