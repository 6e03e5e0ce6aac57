/** The three ways a stock client reaches a server. */
export const ways = {
  'polling only': { transports: ['polling'] },
  'websocket only': { transports: ['websocket'] },
  'polling, then upgrade': { transports: ['polling', 'websocket'] },
}
