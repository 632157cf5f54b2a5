// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import java.util.List;

/**
 * One consumer group that follows a link.
 *
 * @param link the link
 * @param summary the group as a whole
 * @param offsets its offsets, sorted by topic and partition
 */
public record GroupDescription(String link, GroupSummary summary, List<GroupOffsetStatus> offsets) {
    public GroupDescription {
        offsets = List.copyOf(offsets);
    }
}
