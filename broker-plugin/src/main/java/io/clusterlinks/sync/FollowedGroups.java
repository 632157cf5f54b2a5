// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.record.GroupRecord;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateCommitter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names of the groups that a link follows, in the state: whoever coordinates next knows by them which groups the
 * source has deleted, also meanwhile. Nothing is written while the groups are the same.
 */
final class FollowedGroups {
    /** Records in one batch of the state topic; names of groups may be long. */
    private static final int MAX_TOGETHER = 250;

    private final String kind;
    private final StateCommitter state;

    FollowedGroups(GroupKind kind, StateCommitter state) {
        this.kind = kind.name().toLowerCase(Locale.ROOT);
        this.state = state;
    }

    /** The groups of {@code kind}, by their name at the source. */
    static Set<String> of(LinkImage image, String link, GroupKind kind) {
        String name = kind.name().toLowerCase(Locale.ROOT);
        return image.groups(link).stream()
                .filter(group -> group.kind().equals(name))
                .map(GroupRecord::group)
                .collect(Collectors.toSet());
    }

    /** Has the state name the groups in {@code table}, and no others. */
    void keep(LinkImage image, String link, GroupTable table) {
        Set<String> followed = table.followed();
        for (int left = changes(image, link, followed).size(); left > 0; left -= MAX_TOGETHER) {
            Commits.commit(state, newest -> changes(newest, link, followed).stream()
                    .limit(MAX_TOGETHER)
                    .toList());
        }
    }

    private List<Change> changes(LinkImage image, String link, Set<String> followed) {
        if (image.link(link).isEmpty()) {
            return List.of();
        }
        List<Change> changes = new ArrayList<>();
        Set<String> missing = new HashSet<>(followed);
        for (GroupRecord group : image.groups(link)) {
            if (group.kind().equals(kind) && !missing.remove(group.group())) {
                changes.add(Change.delete(group.key()));
            }
        }
        missing.forEach(group -> changes.add(Change.put(new GroupRecord(StateRecord.VERSION, link, kind, group))));
        return changes;
    }
}
