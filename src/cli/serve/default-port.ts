/** Where clients look for the gateway when nobody says otherwise. */
export const defaultPort = '8787'
