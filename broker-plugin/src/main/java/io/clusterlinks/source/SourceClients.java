// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import org.apache.kafka.common.Node;

/** Makes the clients that speak to a link's source. Nothing is sent before a client is first used. Thread-safe. */
public interface SourceClients {
    /** Blocking questions of a coordinator. */
    SourceAdmin admin(String link, LinkConfig config);

    /** Blocking questions of the data path; one per link. */
    SourceQueryClient queries(LinkRecord link, LinkConfig config);

    /** One connection to {@code broker} that only fetches; {@code name} tells it apart from the link's others. */
    SourceFetchClient fetcher(LinkRecord link, LinkConfig config, Node broker, String name);
}
