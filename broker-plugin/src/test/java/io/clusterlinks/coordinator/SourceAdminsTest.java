// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SourceAdminsTest {
    private final List<String> calls = new ArrayList<>();
    /** What a config provider has for what the link's configs refer to. */
    private String secret = "first";

    private final SourceAdmins admins = new SourceAdmins(clients(), this::resolve, Runnable::run);

    private LinkConfig resolve(LinkRecord link) {
        Map<String, String> resolved = new HashMap<>(link.configs());
        resolved.replaceAll((name, value) -> value.replace("${file:/secrets:password}", secret));
        return LinkConfig.parse(resolved);
    }

    /** Mirrors that were being created while somebody altered the link failed: their client was closed under them. */
    @Test
    void keepsTheClientWhileTheWayToTheSourceIsTheSame() {
        SourceAdmin before = admins.of(link(Map.of()));

        SourceAdmin after = admins.of(link(Map.of("num.cluster.link.fetchers", "3", "cluster.link.paused", "true")));

        assertThat(after).isSameAs(before);
        assertThat(calls).isEmpty();
    }

    @Test
    void opensAnotherClientForAnotherWay() {
        SourceAdmin before = admins.of(link(Map.of()));

        SourceAdmin after = admins.of(link(Map.of("request.timeout.ms", "4000")));

        assertThat(after).isNotSameAs(before);
        assertThat(calls).containsExactly("close");
    }

    /** The old one is good until its connections break, and then for nothing. */
    @Test
    void opensAnotherClientWithARotatedSecret() {
        LinkRecord link = link(Map.of("ssl.truststore.password", "${file:/secrets:password}"));
        SourceAdmin before = admins.of(link);
        assertThat(admins.of(link)).isSameAs(before);

        secret = "second";
        assertThat(admins.of(link)).isNotSameAs(before);
        assertThat(calls).containsExactly("close");
    }

    @Test
    void letsGoOfTheClientsOfLinksThatAreGone() {
        SourceAdmin before = admins.of(link(Map.of()));

        admins.retain("east"::equals);
        assertThat(calls).isEmpty();
        admins.retain(name -> false);

        assertThat(calls).containsExactly("close");
        assertThat(admins.of(link(Map.of()))).isNotSameAs(before);
    }

    private static LinkRecord link(Map<String, String> configs) {
        Map<String, String> all = new HashMap<>(configs);
        all.put("bootstrap.servers", "east:9092");
        return new LinkRecord(StateRecord.VERSION, "east", "id", all, false, 0);
    }

    private SourceClients clients() {
        return (SourceClients) Proxy.newProxyInstance(
                SourceClients.class.getClassLoader(),
                new Class<?>[] {SourceClients.class},
                (proxy, method, arguments) -> recorder());
    }

    private SourceAdmin recorder() {
        return (SourceAdmin) Proxy.newProxyInstance(
                SourceAdmin.class.getClassLoader(), new Class<?>[] {SourceAdmin.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        calls.add("close");
                        return null;
                    }
                    return method.getName().equals("equals") ? proxy == arguments[0] : (Object) method.hashCode();
                });
    }
}
