// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.ArrayList;
import java.util.List;

/** What a coordinator does with claims and proposals, on a state topic in memory that remembers every image. */
public final class StateInMemory {
    private final List<LinkImage> images = new ArrayList<>(List.of(LinkImage.EMPTY));

    /** The newest image. */
    public LinkImage image() {
        return images.get(images.size() - 1);
    }

    /** The image as of {@code index}, the first being empty. */
    public LinkImage image(int index) {
        return images.get(index);
    }

    /** Index of the newest image. */
    public int last() {
        return images.size() - 1;
    }

    /** Writes a record as an operator's command would. */
    public void put(StateRecord record) {
        write(List.of(Change.put(record)));
    }

    /** Carries out a request of a leader. */
    public void claim(List<PartitionClaim> claims) {
        write(PartitionTransitions.claim(image(), claims));
    }

    /**
     * Carries out a request of a leader.
     *
     * @throws LinkException if it is refused
     */
    public void propose(List<PartitionTransition> proposals) {
        write(PartitionTransitions.apply(image(), proposals));
    }

    private void write(List<Change> changes) {
        if (!changes.isEmpty()) {
            images.add(image().apply(changes, images.size()));
        }
    }
}
