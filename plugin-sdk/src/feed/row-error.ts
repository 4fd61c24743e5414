/** What is wrong with a row, by the line of plugin.json that it is about. */
export class RowError extends Error {
  override readonly name = 'RowError';
}
