import { BlockList, isIP } from 'node:net';

/*
 * What is permitted in IPv6 is listed, since most of it is not in use: addresses that hold an IPv4 address (mapped, NAT64, 6to4,
 * Teredo) could lead to any network, and are refused with everything else.
 */

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast. */
const specialIpv4 = blockList('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** All the global unicast addresses that are assigned. https://www.iana.org/assignments/ipv6-unicast-address-assignments */
const globalIpv6 = blockList('ipv6', ['2000::/3']);

/** Of these, https://www.iana.org/assignments/iana-ipv6-special-registry */
const specialIpv6 = blockList('ipv6', [
  // Protocol assignments, Teredo (2001::/32) and ORCHID among them.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
]);

/** Says whether an IP address leads, or may lead, into a private network or to this machine; so does what is no address. */
export function isPrivateAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return specialIpv4.check(address, 'ipv4');
    case 6:
      // With a zone it belongs to a link of this machine.
      if (address.includes('%')) return true;
      return !globalIpv6.check(address, 'ipv6') || specialIpv6.check(address, 'ipv6');
    default:
      return true;
  }
}

function blockList(family: 'ipv4' | 'ipv6', nets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [start = '', bits] = net.split('/');
    list.addSubnet(start, Number(bits), family);
  }
  return list;
}
