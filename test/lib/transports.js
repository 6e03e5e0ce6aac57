/** The transport options of a stock client, by a name for test titles. */
export const transportModes = {
  'polling only': { transports: ['polling'] },
  'websocket only': { transports: ['websocket'] },
  'polling, then upgrade': { transports: ['polling', 'websocket'] },
}
