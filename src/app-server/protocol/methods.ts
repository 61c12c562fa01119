import type * as wire from './wire.js'

/** The calls of a host that this package types; every other one goes through `AppServer.call`. */
export interface ClientCalls {
  'account/login/start': { params: wire.LoginAccountParams; result: wire.LoginAccountResponse }
  'account/login/cancel': { params: wire.CancelLoginAccountParams; result: wire.CancelLoginAccountResponse }
  'account/logout': { params: undefined; result: wire.LogoutAccountResponse }
  'account/read': { params: wire.GetAccountParams; result: wire.GetAccountResponse }
  'account/rateLimits/read': {
    params: wire.GetAccountRateLimitsParams
    result: wire.GetAccountRateLimitsResponse
  }
  'thread/start': { params: wire.ThreadStartParams; result: wire.ThreadStartResponse }
  'turn/start': { params: wire.TurnStartParams; result: wire.TurnStartResponse }
  'turn/interrupt': { params: wire.TurnInterruptParams; result: wire.TurnInterruptResponse }
}

/** What the server tells a host, as far as this package types it. */
export interface Notifications {
  'account/updated': wire.AccountUpdatedNotification
  'account/login/completed': wire.AccountLoginCompletedNotification
  'account/rateLimits/updated': wire.AccountRateLimitsUpdatedNotification
  'thread/started': wire.ThreadStartedNotification
  'thread/tokenUsage/updated': wire.ThreadTokenUsageUpdatedNotification
  'turn/started': wire.TurnStartedNotification
  'turn/completed': wire.TurnCompletedNotification
  'item/started': wire.ItemStartedNotification
  'item/completed': wire.ItemCompletedNotification
  'item/agentMessage/delta': wire.AgentMessageDeltaNotification
  'item/reasoning/textDelta': wire.ReasoningTextDeltaNotification
  'item/reasoning/summaryTextDelta': wire.ReasoningSummaryTextDeltaNotification
  'item/commandExecution/outputDelta': wire.CommandExecutionOutputDeltaNotification
  'modelProvider/authRecoveryStarted': wire.AuthRecoveryNotification
  'modelProvider/authRecoveryCompleted': wire.AuthRecoveryNotification
  configWarning: wire.ConfigWarningNotification
  error: wire.ErrorNotification
}

/** What the server asks a host, as far as this package types it. */
export interface ServerCalls {
  'account/chatgptAuthTokens/refresh': {
    params: wire.ChatgptAuthTokensRefreshParams
    result: wire.ChatgptAuthTokensRefreshResponse
  }
  'item/commandExecution/requestApproval': {
    params: wire.CommandExecutionRequestApprovalParams
    result: wire.CommandExecutionRequestApprovalResponse
  }
  'item/fileChange/requestApproval': {
    params: wire.FileChangeRequestApprovalParams
    result: wire.FileChangeRequestApprovalResponse
  }
  'item/permissions/requestApproval': {
    params: wire.PermissionsRequestApprovalParams
    result: wire.PermissionsRequestApprovalResponse
  }
}
