// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.GroupTotals;
import io.clusterlinks.sync.OffsetSync;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Shows what moves with a link besides records: consumer groups and ACLs. */
final class SyncDescriber {
    private final List<OffsetSync> offsets;

    SyncDescriber(List<OffsetSync> offsets) {
        this.offsets = offsets;
    }

    Map<GroupOffsetState, Integer> groupCounts(String link) {
        Map<GroupOffsetState, Integer> counts = new TreeMap<>();
        offsets.forEach(kind -> kind.counts(link).forEach((state, count) -> counts.merge(state, count, Integer::sum)));
        return counts;
    }

    GroupTotals totals(String link) {
        return GroupTotals.of(
                offsets.stream().flatMap(kind -> kind.following(link).stream()).toList());
    }

    List<Entry> groups(String link) {
        return offsets.stream()
                .flatMap(kind -> kind.groups(link).stream())
                .map(group -> Entry.status(WireContract.GROUP_ENTRY_PREFIX + group.group(), Json.write(group)))
                .toList();
    }

    List<Entry> group(String link, String name) {
        OffsetSync.GroupView group = offsets.stream()
                .flatMap(kind -> kind.group(link, name).stream())
                .findFirst()
                .orElseThrow(() -> LinkException.notFound("Group '" + name + "' does not follow link '" + link
                        + "': no offsets of its mirror topics were read for it at the source. Check "
                        + LinkConfig.OFFSET_SYNC_ENABLE + ", " + LinkConfig.GROUP_FILTERS + " and the task: "
                        + "kafka-cluster-links.sh describe --link " + link + " --tasks."));
        String reason = group.summary().reason();
        List<Entry> entries = new ArrayList<>();
        entries.add(Entry.status(WireContract.SOURCE_GROUP, group.summary().sourceGroup()));
        entries.add(
                Entry.status(WireContract.STATUS_STATE, group.summary().state().name()));
        entries.add(Entry.status(WireContract.STATUS_REASON, reason == null ? "" : reason));
        entries.add(Entry.status(WireContract.STATUS_SUMMARY, Json.write(group.summary())));
        group.offsets()
                .forEach(offset -> entries.add(Entry.status(
                        WireContract.STATUS_OFFSET_PREFIX + offset.topic() + "." + offset.partition(),
                        Json.write(offset))));
        return entries;
    }

    static List<Entry> acls(LinkImage image, String link) {
        return image.acls(link).stream().map(SyncDescriber::acl).toList();
    }

    private static Entry acl(AclRecord acl) {
        return Entry.status(WireContract.ACL_ENTRY_PREFIX + ((StateKey.OfAcl) acl.key()).digest(), Json.write(acl));
    }
}
