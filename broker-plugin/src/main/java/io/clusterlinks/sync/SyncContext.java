// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.state.LinkImage;
import java.time.Duration;

/** What a run of a task has to go by: the state as it was when the run began, and the way to the source. */
public record SyncContext(LinkImage image, LinkRecord link, LinkConfig config, SourceAdmin source) {
    /**
     * To be called between reading the source and doing anything about it.
     *
     * @throws LinkException if another cluster answers at the source's address: what it has says nothing of the source
     */
    void requireSource(Duration timeout) {
        String answering = source.clusterId(timeout);
        if (answering != null && !answering.equals(link.sourceClusterId())) {
            throw LinkException.invalid("Another cluster (" + answering + ") answers at the address of link "
                    + link.link() + "; its source is " + link.sourceClusterId() + ": correct "
                    + LinkConfig.BOOTSTRAP_SERVERS + ", or create another link.");
        }
    }
}
