/** Many things one by one: what fails keeps none of the others from their turn. */

/** The first failure is thrown at the end. */
export async function each<T>(items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) await step(item).catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
