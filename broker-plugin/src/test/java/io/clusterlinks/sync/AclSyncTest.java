// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.Records;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateCommitter;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.server.authorizer.Authorizer;
import org.junit.jupiter.api.Test;

class AclSyncTest {
    private static final AclBinding ACL = new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, "orders", PatternType.LITERAL),
            new AccessControlEntry("User:ann", "*", AclOperation.READ, AclPermissionType.ALLOW));
    private static final LinkRecord LINK = Records.link();

    private final Destination destination = new Destination();
    private final LinkImage seen = Records.image(LINK, AclRecord.of(LINK.link(), ACL));
    private LinkImage now = seen;

    /** A coordinator of before would have deleted all of a link's ACLs when an operator had ended the sync of them. */
    @Test
    void whoDoesNotCoordinateAnyMoreDeletesNothing() {
        StateCommitter deposed = decision ->
                CompletableFuture.failedFuture(new LinkException(Errors.NOT_COORDINATOR, "another broker does"));

        assertThatThrownBy(() -> run(deposed)).hasMessageContaining("another broker does");

        assertThat(destination.requests).isEmpty();
    }

    @Test
    void anAclThatIsNotTheLinksAnyMoreIsLeftAlone() {
        now = Records.image(LINK);

        assertThatThrownBy(() -> run(this::commit)).hasMessageContaining("was changed meanwhile");

        assertThat(destination.requests).isEmpty();
    }

    @Test
    void anAclThatIsGoneAtTheSourceIsDeleted() {
        assertThatThrownBy(() -> run(this::commit)).hasMessageContaining("no controller here");

        assertThat(destination.requests).hasSize(1);
    }

    /** Two that saw each other own it both left it to the other: what the source had revoked stayed for ever. */
    @Test
    void anAclThatTwoLinksDropAtTheSameTimeIsDeletedByTheSecond() {
        LinkRecord west = new LinkRecord(1, "west", LINK.sourceClusterId(), LINK.configs(), false, 1);
        LinkImage both = Records.image(LINK, west, AclRecord.of(LINK.link(), ACL), AclRecord.of(west.link(), ACL));
        now = both;

        run(LINK, both, this::commit);
        assertThat(destination.requests).isEmpty();
        assertThat(now.acls(LINK.link())).isEmpty();

        assertThatThrownBy(() -> run(west, both, this::commit)).hasMessageContaining("no controller here");
        assertThat(destination.requests).hasSize(1);
        assertThat(now.acls(west.link())).hasSize(1);
    }

    private void run(StateCommitter state) {
        run(LINK, seen, state);
    }

    private void run(LinkRecord link, LinkImage image, StateCommitter state) {
        new AclSync(destination, state, () -> image)
                .run(new SyncContext(image, link, LinkConfig.parse(link.configs()), withoutAcls()));
    }

    private CompletableFuture<LinkImage> commit(StateCommitter.Decision decision) {
        try {
            now = now.apply(decision.decide(now), now.nextOffset() + 1);
            return CompletableFuture.completedFuture(now);
        } catch (LinkException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static SourceAdmin withoutAcls() {
        return (SourceAdmin) Proxy.newProxyInstance(
                SourceAdmin.class.getClassLoader(),
                new Class<?>[] {SourceAdmin.class},
                (proxy, method, arguments) -> method.getName().equals("requireCluster") ? null : Set.of());
    }

    private static final class Destination extends BareBroker {
        private final List<AbstractRequest.Builder<?>> requests = new ArrayList<>();

        @Override
        public Optional<Authorizer> authorizer() {
            return Optional.of((Authorizer) Proxy.newProxyInstance(
                    Authorizer.class.getClassLoader(),
                    new Class<?>[] {Authorizer.class},
                    (proxy, method, arguments) -> List.of(ACL)));
        }

        @Override
        public RequestChannel controller() {
            return request -> {
                requests.add(request);
                return CompletableFuture.failedFuture(LinkException.unavailable("no controller here"));
            };
        }
    }
}
