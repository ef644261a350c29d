import type { ObjectIndex } from "../engine/object-index.ts";
import { at, text } from "../engine/read.ts";
import { defaultClasses } from "./default-class.ts";
import { CSI_DRIVER, STORAGE_CLASS, VOLUME } from "./kinds.ts";
import { namesOneNode } from "./one-node.ts";

/** Where a claim's volume comes from. */
export interface Storage {
  readonly storageClass: unknown;
  /** The PersistentVolume that the claim names. */
  readonly volume: unknown;
}

/**
 * CSI drivers that mount their volumes without attaching them. Sources: deploy/csi-nfs-driverinfo.yaml of kubernetes-csi/csi-driver-nfs, and
 * deploy/csi-smb-driver.yaml of kubernetes-csi/csi-driver-smb.
 */
const MOUNTED_ONLY = ["nfs.csi.k8s.io", "smb.csi.k8s.io"];

/**
 * Whether a claim's volume is attached to a node, as far as is known. Kubernetes keeps a ReadWriteOnce claim from a second node only then: a network file
 * system such as NFS is just mounted there, too.
 */
export function isAttached({ storageClass, volume }: Storage, objects: ObjectIndex): boolean {
  const bound = objects.get(VOLUME, undefined, text(volume) ?? "");
  if (bound !== undefined)
    return (
      at(bound, ["spec", "nfs"]) === undefined && attaches(at(bound, ["spec", "csi", "driver"]), objects)
    );
  return classesOf(storageClass, objects).some((name) => {
    const known = objects.get(STORAGE_CLASS, undefined, name);
    return known === undefined ? !/nfs|smb|cifs/i.test(name) : attaches(at(known, ["provisioner"]), objects);
  });
}

/** The class of a claim; without one, those that may be the cluster's default. */
function classesOf(storageClass: unknown, objects: ObjectIndex): readonly string[] {
  const defaults = storageClass === undefined ? defaultClasses(objects) : [];
  return defaults.length > 0 ? defaults : [text(storageClass) ?? ""];
}

/** Whether a claim's volume is on a single node: its PersistentVolume says so, or the name of its class (local-path, openebs-hostpath, LVM of a node and similar). */
export function isOnNode({ storageClass, volume }: Storage, objects: ObjectIndex): boolean {
  const bound = objects.get(VOLUME, undefined, text(volume) ?? "");
  const isBoundToNode = namesOneNode(at(bound, ["spec", "nodeAffinity", "required"]));
  return isBoundToNode || classesOf(storageClass, objects).some((name) => /local|hostpath|lvm/.test(name));
}

/**
 * Whether a claim is on CephFS with a driver that attaches volumes or not, depending on how it was installed: `attachRequired` of its CSIDriver is true with Rook by
 * default, and false with the chart ceph-csi-cephfs. Not if the repository has the CSIDriver.
 */
export function mayBeShared({ storageClass }: Storage, objects: ObjectIndex): boolean {
  return classesOf(storageClass, objects).some((name) => {
    const provisioner = text(at(objects.get(STORAGE_CLASS, undefined, name), ["provisioner"]));
    if (objects.get(CSI_DRIVER, undefined, provisioner ?? "") !== undefined) return false;
    return /ceph-?fs|ceph-?file-?system/i.test(provisioner ?? name);
  });
}

function attaches(driver: unknown, objects: ObjectIndex): boolean {
  const name = text(driver) ?? "";
  const described = objects.get(CSI_DRIVER, undefined, name);
  if (described !== undefined) return at(described, ["spec", "attachRequired"]) !== false;
  // Provisioners from before CSI create volumes of the type nfs.
  return !MOUNTED_ONLY.includes(name) && !/\/nfs-.*provisioner/.test(name);
}
