const GIGABYTE = 1_000_000_000;

/** The sum of sizes in GB, such as `1.4 GB`. */
export const gigabytes = (sizes: readonly { readonly bytes: number }[]): string =>
  `${(sizes.reduce((sum, { bytes }) => sum + bytes, 0) / GIGABYTE).toFixed(1)} GB`;
