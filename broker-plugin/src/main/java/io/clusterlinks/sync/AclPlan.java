// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclBinding;

/**
 * What must change so that the ACLs here are those of the source, without touching any that the link did not create. Two
 * links may want the same ACL: both own it then, and the last one that drops it deletes it. Who that is shows when the drop
 * is written.
 *
 * @param own to be recorded as the link's, before they are created
 * @param create to be created
 * @param delete the link's, to be deleted since the source has them no more, unless they are another link's too
 * @param disown records to be removed when those are gone
 */
record AclPlan(Set<AclBinding> own, Set<AclBinding> create, Set<AclBinding> delete, Set<AclBinding> disown) {

    /**
     * Plans.
     *
     * @param wanted what the source has, named as here
     * @param owned what the link is recorded to have created
     * @param others what other links are recorded to have created
     * @param here what there is
     */
    static AclPlan of(Set<AclBinding> wanted, Set<AclBinding> owned, Set<AclBinding> others, Set<AclBinding> here) {
        Set<AclBinding> create = without(wanted, here);
        Set<AclBinding> own = new HashSet<>(wanted);
        own.retainAll(others);
        own.addAll(create);
        Set<AclBinding> disown = without(owned, wanted);
        Set<AclBinding> delete = new HashSet<>(disown);
        delete.retainAll(here);
        return new AclPlan(without(own, owned), create, delete, disown);
    }

    boolean isEmpty() {
        return own.isEmpty() && create.isEmpty() && delete.isEmpty() && disown.isEmpty();
    }

    /** The same in parts of at most {@code max} ACLs, each of which can be carried out by itself. */
    List<AclPlan> parts(int max) {
        List<AclBinding> all =
                Stream.concat(touched(), disown.stream()).distinct().toList();
        return IntStream.iterate(0, from -> from < all.size(), from -> from + max)
                .mapToObj(from -> only(Set.copyOf(all.subList(from, Math.min(from + max, all.size())))))
                .toList();
    }

    private AclPlan only(Set<AclBinding> some) {
        return new AclPlan(within(own, some), within(create, some), within(delete, some), within(disown, some));
    }

    private static Set<AclBinding> within(Set<AclBinding> all, Set<AclBinding> some) {
        Set<AclBinding> within = new HashSet<>(all);
        within.retainAll(some);
        return within;
    }

    /** Those that are to be made or to go, each once. */
    Stream<AclBinding> touched() {
        return Stream.of(own, create, delete).flatMap(Set::stream).distinct();
    }

    private static Set<AclBinding> without(Set<AclBinding> some, Set<AclBinding> others) {
        Set<AclBinding> rest = new HashSet<>(some);
        rest.removeAll(others);
        return rest;
    }
}
