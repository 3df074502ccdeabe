/** A property set before an element was defined hides the accessor: sets it again. */
export function uncover<T extends object>(element: T, names: ReadonlyArray<keyof T>): void {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const value = element[name];
    delete (element as Partial<T>)[name];
    element[name] = value;
  }
}
