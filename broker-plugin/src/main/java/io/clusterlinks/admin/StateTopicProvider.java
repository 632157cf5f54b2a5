// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.coordinator.TopicCreator;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.state.StateTopic;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Creates the state topic when the first link is created; until then there are no links. */
public final class StateTopicProvider {
    private final LocalBroker broker;
    private final TopicCreator topics;

    public StateTopicProvider(LocalBroker broker, TopicCreator topics) {
        this.broker = broker;
        this.topics = topics;
    }

    boolean exists() {
        return broker.cluster().topic(StateTopic.NAME).isPresent();
    }

    /** Completes at once unless {@code alteration} may create the first link; the topic's leader may still be missing. */
    CompletableFuture<Void> provideFor(Alteration alteration, boolean validateOnly) {
        if (exists()) {
            return CompletableFuture.completedFuture(null);
        }
        boolean createsLink = alteration.resource() instanceof LinkResource.Link
                && alteration.ops().stream().map(Op::name).anyMatch(LinkConfig.BOOTSTRAP_SERVERS::equals);
        if (!createsLink) {
            throw noLinks(alteration.resource());
        }
        // Also for a dry run: the topic holds nothing, and only its leader can check a link.
        return topics.createStateTopic();
    }

    /** What is shown of a resource while there is no state topic. */
    List<Entry> describeWithout(LinkResource resource) {
        if (resource instanceof LinkResource.Index) {
            return List.of(new Entry(WireContract.COORDINATOR, "-1", false, true, false));
        }
        throw noLinks(resource);
    }

    private static LinkException noLinks(LinkResource resource) {
        return LinkException.notFound("'" + resource.resourceName() + "' does not exist: this cluster has no links yet."
                + " Create one: kafka-cluster-links.sh create --link L --config bootstrap.servers=HOST:PORT.");
    }
}
