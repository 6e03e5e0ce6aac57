/** The three ways a stock client reaches a server. */
export const transportModes = {
  'polling only': { transports: ['polling'] },
  'websocket only': { transports: ['websocket'] },
  'polling, then upgrade': { transports: ['polling', 'websocket'] },
}
