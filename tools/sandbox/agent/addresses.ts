/** IPv4 addresses of one network, each given to one owner. */
export class AddressPool {
  readonly #first: number;
  readonly #size: number;
  readonly #owners = new Map<string, string>();

  /** @param cidr network such as `10.244.0.0/16`; its first and its last address are not given out. */
  constructor(cidr: string) {
    const [network = "", bits = ""] = cidr.split("/");
    this.#first = toNumber(network) + 1;
    this.#size = 2 ** (32 - Number(bits)) - 2;
  }

  /** The owner's address: the one it has, or else the lowest one that is free; undefined when all are given out. */
  claim(owner: string): string | undefined {
    for (const [address, other] of this.#owners) if (other === owner) return address;
    for (let number = this.#first; number < this.#first + this.#size; number++) {
      if (this.reserve(toText(number), owner)) return toText(number);
    }
    return undefined;
  }

  /** Gives a certain address to an owner; false if another one has it. It need not be of this network. */
  reserve(address: string, owner: string): boolean {
    const holder = this.#owners.get(address);
    if (holder !== undefined && holder !== owner) return false;
    this.#owners.set(address, owner);
    return true;
  }

  /** Takes back all addresses whose owner is not among these. */
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
