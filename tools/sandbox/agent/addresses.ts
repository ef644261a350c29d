/** Assigns one IPv4 address from a network to each owner. */
export class AddressPool {
  readonly #first: number;
  readonly #size: number;
  readonly #owners = new Map<string, string>();

  /** @param cidr network such as `10.244.0.0/16`; its first and last addresses are never assigned. */
  constructor(cidr: string) {
    const [network = "", bits = ""] = cidr.split("/");
    this.#first = toNumber(network) + 1;
    this.#size = 2 ** (32 - Number(bits)) - 2;
  }

  /** Returns the owner's current address, or else assigns the lowest free one; undefined if none is free. */
  claim(owner: string): string | undefined {
    for (const [address, other] of this.#owners) if (other === owner) return address;
    for (let number = this.#first; number < this.#first + this.#size; number++) {
      if (this.reserve(toText(number), owner)) return toText(number);
    }
    return undefined;
  }

  /** Assigns an owner a specific address, which may be outside this network; false if the address belongs to another owner. */
  reserve(address: string, owner: string): boolean {
    const holder = this.#owners.get(address);
    if (holder !== undefined && holder !== owner) return false;
    this.#owners.set(address, owner);
    return true;
  }

  /** Releases the addresses of all owners except these. */
  retain(owners: ReadonlySet<string>): void {
    for (const [address, owner] of this.#owners) if (!owners.has(owner)) this.#owners.delete(address);
  }
}

function toNumber(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}
